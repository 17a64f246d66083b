// Reads one digit after the other, off the page's own thread. VERSION stands above when the site is built: another one
// whenever one of the files, each packed with gzip, is another.

const CACHE = `tab of ${new URL(".", location)}`;
const kept = globalThis.caches && openCache();

async function openCache() {
  for (const name of await caches.keys()) {
    if (name.startsWith(CACHE) && name !== `${CACHE} ${VERSION}`) await caches.delete(name);
  }
  return caches.open(`${CACHE} ${VERSION}`);
}

// From this device, if it is there; else from the server, and then it is kept for the next time.
async function load(name) {
  const cache = await kept, url = new URL(name, location).href;
  let response = await cache?.match(url);
  if (!response) {
    response = await fetch(url).catch(() => { throw new Error("Not all is on this device yet; open this page once with a network."); });
    if (!response.ok) throw new Error(`${name}: the server answered ${response.status}; load the page again.`);
    await cache?.put(url, response.clone());
  }
  const packed = await response.arrayBuffer(), [first, second] = new Uint8Array(packed);
  if (first !== 0x1f || second !== 0x8b) return packed;  // a server may have said that it is compressed
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

// A script runs as if it stood in a file of its own.
const addressOf = (script) => URL.createObjectURL(new Blob([script], { type: "text/javascript" }));

async function startNetwork() {
  const [script, wasm, weights] = await Promise.all(["ort.mjs.gz", "ort.wasm.gz", "reader.onnx.gz"].map(load));
  const runtime = await import(addressOf(script));
  Object.assign(runtime.env.wasm, { numThreads: 1, wasmBinary: wasm });
  return [runtime, await runtime.InferenceSession.create(new Uint8Array(weights), { executionProviders: ["wasm"] })];
}

async function startOpenCv() {
  importScripts(addressOf(await load("opencv.js.gz")));
  globalThis.cv = await globalThis.cv;
}

async function startPython() {
  const [brython, kernels, modules] = await Promise.all(["brython.js.gz", "kernels.js.gz", "python.json.gz"].map(load));
  importScripts(addressOf(brython), addressOf(kernels));
  const { card, files } = JSON.parse(new TextDecoder().decode(modules));
  globalThis.card = card;
  return () => {
    __BRYTHON__.use_VFS = true;
    __BRYTHON__.update_VFS(files);
    __BRYTHON__.importPythonModule("read");
  };
}

async function start() {
  const begun = performance.now();
  const [network, importModules] = await Promise.all([startNetwork(), startPython(), startOpenCv()]);
  importModules();
  postMessage({ ready: performance.now() - begun });
  return network;
}

const started = start();

onmessage = async ({ data: { pixels, width, height, id } }) => {
  try {
    const [runtime, session] = await started, begun = performance.now();
    const [candidates, images] = findCandidates(pixels, width, height);
    const count = images.length / 784;
    const tensor = new runtime.Tensor("float32", images, [count, 1, 28, 28]);
    const answer = await session.run({ images: tensor }, ["logits", "digitness", "embedding"]);
    postMessage({ id, digit: readDigit(candidates, answer), milliseconds: performance.now() - begun });
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error) });
  }
};
started.catch((error) => postMessage({ error: String(error?.message ?? error) }));
