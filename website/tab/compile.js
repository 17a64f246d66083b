// What Brython makes of Python's modules, in JavaScript, so that browsers need not: node compile.js BRYTHON, which gets
// the modules' sources by name, JSON, and gives scripts by name.

Object.assign(globalThis, { self: globalThis, addEventListener() {} });  // as in a browser, which Brython is made for
Math.random = () => 0;  // which it makes names of: these are always the same
require(process.argv[2]);
const $B = globalThis.$B = globalThis.__BRYTHON__, scripts = {};

for (const [name, source] of Object.entries(JSON.parse(require("fs").readFileSync(0, "utf8")))) {
  const filename = `${name}.py`;
  $B.url2name[filename] = name;
  scripts[name] = $B.py2js({ src: source, filename, imported: true }, name, name, $B.builtins_scope).to_js();
}
process.stdout.write(JSON.stringify(scripts));
