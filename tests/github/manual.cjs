// Loaded into Prism, which follows redirects by itself: here it passes them on as they were said, for the tool to follow.
const { createRequire } = require("node:module");

const home = createRequire(process.argv[1]);
const load = createRequire(home.resolve("@stoplight/prism-http"));
const client = load("node-fetch");
const follow = client.default;
client.default = async (url, options) => {
    const response = await follow(url, { ...options, redirect: "manual" });
    const place = response.headers.get("location");
    // The client has made it absolute, with the address of the server behind the proxy.
    const home = new URL(url).origin;
    if (place?.startsWith(`${home}/`)) response.headers.set("location", place.slice(home.length));
    return response;
};
