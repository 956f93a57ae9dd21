// Loads a package from a file and uses it, as a program would: usage: uses.cjs NAME FILE. What it says is to be the same of a
// minified file as of its original.
const { renderToStaticMarkup } = require('react-dom/server');
const react = require('react');
const shown = (component, properties, ...children) => renderToStaticMarkup(react.createElement(component, properties, ...children));

const uses = {
    react: (react) => [react.version, react.createElement('a', { href: '#', key: 1 }, 'b', 'c'), react.Children.map(['x', 'y'], (child) => child + child)],
    moment: (moment) => [moment.utc('2020-02-29T12:30:00Z').add(1, 'year').format('LLLL'), moment.duration(3, 'weeks').humanize(), moment.utc('2021-W05-3').dayOfYear()],
    jquery: (factory) => {
        const { JSDOM } = require('jsdom');
        const $ = factory(new JSDOM('<ul><li class="a">one</li><li>two</li></ul>').window);
        $('li:not(.a)').addClass('b').after('<li data-n="3">three</li>').css({ color: 'red' });
        return [$.fn.jquery, $('ul').html(), $('li').map((at, item) => $(item).text().length + at).get(), $('[data-n]').data('n'), $.extend(true, {}, { a: { b: 1 } }, { a: { c: 2 } })];
    },
    vue: (Vue) => {
        Vue.config.productionTip = Vue.config.devtools = false;
        const model = new Vue({ data: { a: 1 }, computed: { twice() { return this.a * 2; } }, watch: { a(now) { this.seen = now; } } });
        model.a = 21;
        return [Vue.version, model.twice, String(Vue.compile('<p v-for="x in a" :key="x" @click="go">{{ x | up }}</p>').render)];
    },
    lodash: (_) => [_.VERSION, _.chunk([1, 2, 3, 4, 5], 2), _.groupBy(['one', 'two', 'three'], 'length'), _.template('<% each(all, x => { %>[<%- x %>]<% }) %>', { imports: { each: _.forEach } })({ all: ['<', 'b'] }), _(Object.keys(_)).map(_.kebabCase).sortBy().take(9).value(), _.merge({ a: [1] }, { a: [{ b: 2 }] })],
    d3: (d3) => [d3.version, d3.scaleLinear([0, 10], ['red', 'blue'])(3), d3.csvParse('a,b\n1,"2,3"'), d3.tree()(d3.hierarchy({ c: [{}, { c: [{}] }] }, (own) => own.c)).descendants().map(({ x, y }) => [x, y]), d3.format('~s')(12345678), d3.utcFormat('%j %B')(0), d3.geoPath(d3.geoAlbers())({ type: 'LineString', coordinates: [[-90, 40], [-80, 35]] }), [...d3.sort([3, 1, 2])]],
    terser: async (terser) => [await terser.minify('function twice(number) { const result = number * 2; return result } console.log(twice(21), typeof window === "undefined" ? 1 : 2)', { toplevel: true, sourceMap: true })],
    three: (three) => [three.REVISION, new three.Vector3(1, 2, 3).applyMatrix4(new three.Matrix4().makeRotationX(1)).toArray(), [...new three.TorusBufferGeometry(2, 1, 5, 7).attributes.normal.array].slice(0, 30), new three.Raycaster(new three.Vector3(0, 0, 9), new three.Vector3(0, 0, -1)).intersectObject(new three.Mesh(new three.BoxGeometry(2, 2, 2))).map((hit) => hit.distance), new three.Color('hsl(120, 50%, 50%)').getHexString(), Object.keys(three.ShaderChunk).length],
    victory: (victory) => [shown(victory.VictoryPie, { data: [{ x: 'a', y: 1 }, { x: 'b', y: 3 }], standalone: false }), shown(victory.VictoryAxis, { domain: [0, 5], standalone: false })],
    echarts: (echarts) => [echarts.version, echarts.format.addCommas(1234567.5), echarts.color.lerp(0.3, ['#f00', '#00f']), echarts.time.format(0, '{yyyy}-{MM}', true), echarts.util.merge({ a: 1 }, { b: { c: 2 } }), new echarts.graphic.BoundingRect(1, 2, 3, 4).union(new echarts.graphic.BoundingRect(0, 0, 1, 1)), echarts.number.quantile([1, 2, 4, 8], 0.3)],
    antd: (antd) => [antd.version, shown(antd.Button, { type: 'primary' }, 'Go'), shown(antd.Table, { columns: [{ title: 'A', dataIndex: 'a' }], dataSource: [{ key: 1, a: 'x' }] }), shown(antd.Steps, { current: 1 }, react.createElement(antd.Steps.Step, { title: 'one' }))],
    typescript: (ts) => [ts.version, ts.transpileModule('enum A { B = 1 << 2, C } export class D<T> extends E { #x?: T; async *f() { yield* this.#x! } }', { compilerOptions: { target: 'es5', downlevelIteration: true } }).outputText, ts.preProcessFile('import a from "b"; require("c")').importedFiles.map((own) => own.fileName), ts.getPreEmitDiagnostics(ts.createProgram({ rootNames: ['/none.ts'], options: { noLib: true } })).map((own) => [own.code, ts.flattenDiagnosticMessageText(own.messageText, ' ')])],
};

(async () => {
    const [name, file] = process.argv.slice(2);
    // These ask for a document once they are loaded.
    if (['antd', 'victory', 'vue'].includes(name)) {
        const { JSDOM } = require('jsdom');
        const { window } = new JSDOM('');
        Object.assign(globalThis, { window, document: window.document, self: window });
        Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
    }
    const loaded = require(require('node:path').resolve(file));
    const said = await uses[name](loaded);
    const text = JSON.stringify([typeof loaded, Object.keys(loaded).sort(), said], (_, value) => (typeof value === 'function' ? `function of ${value.length}` : value), 1);
    // Timers of a document go on.
    process.stdout.write(text, () => process.exit());
})();
