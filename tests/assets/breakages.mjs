// Scripts that minifiers have broken, each run before and after: usage: breakages.mjs write FOLDER · compare BEFORE AFTER
// The numbers are those of the issues where each was reported.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import vm from 'node:vm';

const many = Array.from({ length: 70_000 }, (_, index) => `v${index}`);
// What each prints is compared. Names that end in `.mjs` are modules. What all minifiers assume is not among these, see
// `transform/js/mod.rs`.
const scripts = {
    'swc-8288.mjs': `const make = (memo, t, selector) => { const finalSelector = memo ? memo : t ? makeSelector(selector, t) : selector; function makeSelector(selector, t) { return (state) => t(selector(state)) } return finalSelector };
        console.log(make(null, (x) => x * 2, (state) => state.a)({ a: 21 }), make((x) => x)(3), make(null, null, (s) => s.b)({ b: 4 }))`,
    'swc-2446.mjs': `var a = [...Array(70000)].map((_, i) => i); var ${many.map((name, index) => `${name} = ${index}`).join(',')}; export default [${many}];
        console.log([${many}].reduce((sum, value) => sum + value))`,
    'swc-9723.js': "var first = String.raw`<\\/script>`, second = `<\\/script>`, third = '<\\/script>', fourth = /<\\/script>/.source; console.log(first, second, third, fourth)",
    'esbuild-4494.js': 'console.log("<!-- <scr" + "ipt>", "--" + ">", `<!--`)',
    'terser-1408.js': 'var a = 0 < (/script>/).test("script>"); console.log(a)',
    'html-minifier-142.js': "var written = []; var document = { write: function (text) { written.push(text) } }; document.write('<script src=\"j.js\">\\x3C/script>'); console.log(written[0])",
    'trunk-629.js': 'const hljs = { highlight: (code) => `<b>${code}</b>` }; class Shown {} function callable() { return typeof Shown } var plain = 1; let other = 2;',
    'names.mjs': 'class Foo {} ; console.log(Foo.name, new Foo().constructor.name); const arrow = () => 1; function named() {} console.log(arrow.name, named.name, ({ method() {} }).method.name)',
    'names-of-anonymous.mjs': 'const made = { one: class {}, two: () => 1 }; for (const key in made) console.log(made[key].name); let later; later = function () {}; console.log(later.name)',
    'html-comments.js': 'var x = 3;\n<!-- a comment, in a classic script\nvar y = x\n--> another one\nconsole.log(y)',
    'sloppy-this.js': 'function who() { return this === globalThis } console.log(who()); (function () { "use strict"; console.log((function () { return this })()) })()',
    'directive.js': '"use strict"; try { undeclared = 1; console.log("sloppy") } catch (error) { console.log(error.name) }',
    'directive-inside.js': 'function strict() { "use strict"; return this === undefined } function both() { return [strict(), (function () { return typeof this })()] } console.log(both().join())',
    'arguments.js': 'function alias(first) { arguments[0] = 2; return first } console.log(alias(1)); function count(a, b, c) {} console.log(count.length); (function (x, x) { console.log(x) })(1, 2)',
    'hoisting.js': 'console.log(typeof later); var later = 1; if (true) { function inBlock() { return 1 } } else { function inBlock() { return 2 } } console.log(inBlock())',
    'undeclared.js': 'console.log(typeof nowhere); try { nowhere } catch (error) { console.log(error.name) } try { nowhere.x } catch (error) { console.log(error.name) }',
    'getters.mjs': 'const log = []; const odd = { get x() { log.push("get"); return 1 }, set x(value) { log.push("set") } }; odd.x; odd.x = odd.x; void odd.x; if (odd.x) {} delete odd.x; console.log(log.join())',
    'order.mjs': 'const log = []; const f = (x) => (log.push(x), { [x]: x }); f(1)[(log.push("key"), 1)] = log.push("value"); const { a = f("a"), b = f("b") } = { b: 1 }; ({ [f("k")]: f("v") }); console.log(log.join())',
    'numbers.mjs': 'console.log(1e21, 0.1 + 0.2, -0, 1 / -0, 0x10, 1_000, 10n ** 20n, 5..toString(), 1.5.toFixed(1), 0b11, 1e-7, 123456789012345680000, 9007199254740993, 4503599627370497.5, Number.MAX_VALUE, 5e-324, 2 ** 53 + 2, -1 >>> 0, (-2) ** 2, Object.is(-0, 0 * -1))',
    'strings.mjs': 'console.log("\\u2028\\u2029\\0\\x01".length, `a\\r\\nb`.length, "\\u{1F600}", "😀".length, "\\ud83d", `\\``, "\'\\"", "a\\\nb", "\\v\\b", JSON.stringify("\\u007f\\ufeff\\ud800"))',
    'octals.js': 'console.log(010, "\\101\\0601", "\\08", 08)',
    'templates.mjs': 'const tag = (strings, ...values) => [strings.raw.join("|"), strings.join("|"), values.join()].join("/"); console.log(tag`a\\n${1}\\u0041${2}`, tag`\\unicode`, tag`${0}`); const once = () => ((s) => s)`x`; console.log(once() === once())',
    'regexps.mjs': 'console.log(/[/]/.test("/"), /\\//.source, /a/g.lastIndex, /(?<year>\\d+)/u.exec("2020").groups.year, /\\p{L}/u.test("é"), /[\\p{L}--[a-z]]/v.test("A"), "a-b".replace(/-/, "$&$&"), /\\u{61}/.test("u".repeat(61)), /[^]/.test("\\n"))',
    'regexp-state.mjs': 'const each = []; for (let index = 0; index < 2; index++) { const r = /a/g; r.test("aa"); each.push(r.lastIndex) } const shared = /a/g; const same = () => shared; same().test("aa"); console.log(each.join(), shared.lastIndex)',
    'semicolons.js': 'var a = 1\nvar b = a\n++b\nvar c = function () { return 1 }\n;[1, 2].forEach(function () {})\nvar d = (function () { return\n1 })()\nconsole.log(a, b, typeof c, d)\nif (a) ; else b = 5\nfor (;;) break\ndo a++; while (a < 5) console.log(a, b)',
    'labels.js': 'outer: for (var i = 0; i < 3; i++) { for (var j = 0; j < 3; j++) { if (j == 1) continue outer; if (i == 2) break outer } } console.log(i, j); block: { if (i) break block; console.log("no") } switch (i) { case 1: console.log(1); default: console.log("d"); case 2: console.log(2); break; case 3: console.log(3) }',
    'dangling.js': 'var x = 0; if (x) if (x) console.log(1); else console.log(2); if (!x) { if (x) console.log(3) } else console.log(4); console.log(x ? 1 : x ? 2 : 3, (x, 1), !x || x, !(x && x), x ?? 5)',
    'in-for.js': 'for (var i = ("a" in { a: 1 }) ? 1 : 0; i < 2; i++) console.log(i); for (var key in { b: 1, a: 2, 1: 3, 0: 4 }) console.log(key); var let_ = 1; for (const of of [1]) console.log(of)',
    'odd-names.js': 'var let = 1, async = 2, of = 3, get = 4, yield = 5, await = 6, static = 7; console.log(let + async + of + get + yield + await + static, ({ async, get, of }).async); async = (x) => x; console.log(async (2)); var \\u0061b = 1; console.log(ab)',
    'classes.mjs': 'class A { #p = 1; static #q = 2; static { this.made = A.#q } static name_ = "x"; get p() { return this.#p } static has(o) { return #p in o } ["comp" + "uted"]() { return super.toString === Object.prototype.toString } } class B extends A { constructor() { const target = new.target; super(); this.t = target === B } } console.log(A.made, new A().p, A.has({}), new A().computed(), new B().t, Object.getOwnPropertyNames(A.prototype).join(), Object.keys(new B()).join())',
    'class-fields.mjs': 'let n = 0; class C { a = n++; b = this.a + 1; static s = n++; [`k${n++}`] = n++; } const c = new C(); console.log(JSON.stringify(c), C.s, n, Object.keys(new C()).join())',
    'generators.mjs': 'function* g() { try { const x = yield 1; console.log("got", x); yield* [2, 3] } finally { console.log("end") } } const it = g(); console.log(it.next().value, it.next("v").value); it.return(); for await (const x of (async function* () { yield 1; yield 2 })()) console.log(x)',
    'async.mjs': 'const log = []; const f = async (x) => { log.push("in" + x); await null; log.push("out" + x); return x }; const [a, b] = await Promise.all([f(1), f(2)]); try { await (async () => { throw new TypeError("t") })() } catch ({ name }) { log.push(name) } finally { log.push("f") } console.log(a, b, log.join())',
    'finally.mjs': 'const f = () => { try { return "try" } finally { console.log("finally") } }; const g = () => { for (const x of [1, 2]) { try { continue } finally { console.log(x) } } return "end" }; const h = () => { try { throw 1 } catch { return 2 } finally { return 3 } }; console.log(f(), g(), h())',
    'closures.mjs': 'const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i++); fs[0](); console.log(fs.map((f) => f()).join()); var vs = []; for (var v = 0; v < 3; v++) vs.push(() => v); console.log(vs.map((f) => f()).join()); for (const k of [1]) { const k = 2; console.log(k) }',
    'shadows.mjs': 'const undefined_ = void 0; (function (undefined) { console.log(undefined) })(5); (function () { const NaN = 1, Infinity = 2; console.log(NaN + Infinity) })(); try { throw 1 } catch (e) { var e = 2; console.log(e) } console.log(e)',
    'own-name.js': 'console.log((function f() { f = 1; return typeof f })(), (function g() { var g = 1; return typeof g })())',
    'delete.js': 'var o = { a: 1, b: 2 }; delete o.a; console.log(Object.keys(o).join(), delete o.nothing, (function () { return delete arguments[0], arguments[0] })(1)); var copy = { ...o, b: 3, __proto__: { z: 9 } }; console.log(copy.z, Object.keys(copy).join(), Object.keys({ ["__proto__"]: 1 }).join())',
    'optional.mjs': 'const o = { f() { return this === o }, n: null }; console.log(o?.f(), (o?.f)(), o.n?.x.y.z, delete o?.q, o.n ?? "d", (o.n || "") ?? "e"); let a = null; a ??= 1; a ||= 2; a &&= 3; console.log(a)',
    'function-text.mjs': 'function f(a, b) { return a + b } console.log(new Function("x", "return x * 2")(4), (0, eval)("1 + 1"), typeof f.toString())',
    'eval.js': 'function f(first) { var second = 2; return eval("first + second") } console.log(f(1)); with ({ w: 5 }) { console.log(w) }',
    'errors.mjs': 'const message = (f) => { try { f() } catch (error) { return error.name } }; console.log(message(() => null.x), message(() => (void 0)()), message(() => new (class { constructor() { this.x() } })()), message(() => BigInt(1.5)), message(() => Symbol() + ""), message(() => [].reduce((a) => a)))',
    'unused.mjs': 'const log = []; const unused = log.push("a"), { b = log.push("b") } = {}; new (class { constructor() { log.push("new") } })(); [...{ *[Symbol.iterator]() { log.push("spread") } }]; for (const _ of { *[Symbol.iterator]() { log.push("of"); yield 1 } }); let [] = { [Symbol.iterator]() { log.push("pattern"); return { next: () => ({ done: true }) } } }; console.log(log.join())',
    'booleans.mjs': 'const yes = !0, odd = []; console.log(yes === true, odd == false, !!odd, null >= 0, undefined == null, NaN != NaN, "b" + "a" + +"a" + "a", [] + {}, typeof null, void 0, true + true, [10, 9, 1].sort().join(), "10" > "9", "10" > 9)',
    'long-chain.mjs': `let x = 0; ${Array.from({ length: 300 }, (_, index) => `if (x === ${index}) x += 1; else`).join(' ')} x -= 1; console.log(x, ${Array.from({ length: 200 }, (_, index) => index).join(' + ')}, ${JSON.stringify('s'.repeat(50)).repeat(1)}${'.concat("t")'.repeat(50)})`,
    'umd.js': '(function (root, factory) { if (typeof define === "function" && define.amd) define([], factory); else if (typeof module === "object" && module.exports) module.exports = factory(); else root.Lib = factory() })(typeof self !== "undefined" ? self : this, function () { return { version: 1 } }); console.log(typeof Lib, typeof module)',
    'json.js': 'var data = JSON.parse(\'{"a":[1,2,{"b":"\\\\u0041"}],"__proto__":1}\'); console.log(data.a[2].b, Object.keys(data).join()); console.log(JSON.stringify({ undefined: undefined, a: NaN, b: [undefined] }))',
    'css-in-js.mjs': 'const css = (strings, ...values) => strings.raw.reduce((text, part, index) => text + values[index - 1] + part); console.log(css`  a   {  color :  ${"red"} ; }\n\n  `)',
    'bom-and-hashbang.mjs': '#!/usr/bin/env node\nconsole.log("ran")',
};

const [what, one, other] = process.argv.slice(2);
const run = (path, text) => {
    const said = [];
    try {
        if (path.endsWith('.mjs')) return execFileSync('node', ['--input-type=module', '-'], { input: text, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
        const context = vm.createContext({ console: { log: (...values) => said.push(format(...values)) } });
        vm.runInContext(text, context);
        // What another script of the page finds.
        const names = ['hljs', 'Shown', 'callable', 'plain', 'other'];
        return said.join('\n') + vm.runInContext(`[${names.map((name) => `typeof ${name}`)}].join()`, context);
    } catch (error) {
        return `it fails: ${error.stderr?.split('\n').find((line) => /Error/.test(line)) ?? error}`;
    }
};
if (what === 'write') {
    mkdirSync(one, { recursive: true });
    for (const [path, text] of Object.entries(scripts)) writeFileSync(join(one, path), text);
} else {
    const problems = [];
    let changed = 0;
    for (const path of readdirSync(one)) {
        const [before, after] = [one, other].map((root) => readFileSync(join(root, path), 'utf8'));
        if (before === after) continue;
        changed += 1;
        const [was, is] = [run(path, before), run(path, after)];
        if (was.startsWith('it fails')) problems.push(`${path}, before: ${was}`);
        if (was !== is) problems.push(`${path}: ${is.trim()} instead of ${was.trim()}`);
    }
    for (const problem of problems) console.error(`error: ${problem}`);
    if (problems.length === 0) console.log(`${changed} of ${Object.keys(scripts).length} scripts are smaller, and do the same`);
    process.exitCode = problems.length ? 1 : 0;
}
