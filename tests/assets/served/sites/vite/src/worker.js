const fibonacci = (index) => (index < 2 ? index : fibonacci(index - 1) + fibonacci(index - 2));
onmessage = ({ data }) => postMessage(fibonacci(data));
