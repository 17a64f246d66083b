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
    cache?.put(url, response.clone()).catch(() => {});  // a device without room reads all the same
  }
  return unpack(response);
}

// What a server has said to be compressed the browser has unpacked already.
async function unpack(response) {
  const [head, body] = response.body.tee(), reader = head.getReader(), { value: [first, second] } = await reader.read();
  reader.cancel();
  return new Response(first === 0x1f && second === 0x8b ? body.pipeThrough(new DecompressionStream("gzip")) : body);
}

const loadBytes = async (name) => (await load(name)).arrayBuffer();

// A script runs as if it stood in a file of its own.
const loadScript = async (name) => URL.createObjectURL(new Blob([await loadBytes(name)], { type: "text/javascript" }));

async function startNetwork() {
  const files = [loadScript("ort.mjs.gz"), loadBytes("ort.wasm.gz"), loadBytes("reader.onnx.gz")];
  const [script, wasm, weights] = await Promise.all(files);
  const runtime = await import(script);
  Object.assign(runtime.env.wasm, { numThreads: 1, wasmBinary: wasm });
  return [runtime, await runtime.InferenceSession.create(new Uint8Array(weights), { executionProviders: ["wasm"] })];
}

async function startOpenCv() {
  const program = load("opencv.wasm.gz");  // compiled while it arrives, beside all else
  let instantiated;
  globalThis.opencvOptions = {
    instantiateWasm(imports, receive) { instantiated = instantiate(program, imports).then(({ instance }) => receive(instance)); },
  };
  importScripts(await loadScript("opencv.js.gz"));
  [globalThis.cv] = await Promise.all([globalThis.cv, instantiated]);
}

async function instantiate(program, imports) {
  const { body } = await program;
  return WebAssembly.instantiateStreaming(new Response(body, { headers: { "Content-Type": "application/wasm" } }), imports);
}

async function startPython() {
  const parts = [loadScript("brython.js.gz"), loadScript("kernels.js.gz"), load("python.json.gz")];
  const [brython, kernels, modules] = await Promise.all(parts), { card, files } = await modules.json();
  importScripts(brython, kernels);
  globalThis.reader = { card };  // gets findCandidates and readDigit
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

async function read({ pixels, width, height }) {
  const [runtime, session] = await started, [candidates, images] = reader.findCandidates(pixels, width, height);
  const tensor = new runtime.Tensor("float32", images, [images.length / 784, 1, 28, 28]);
  return reader.readDigit(candidates, await session.run({ images: tensor }, ["logits", "digitness", "embedding"]));
}

// The first digit takes longer, as much is compiled when it is first used; so a stroke is read before any is drawn.
function warmUp() {
  const width = 280, height = 280, pixels = new Uint8Array(4 * width * height).fill(255);
  for (let y = 60; y < 220; y++) pixels.fill(0, 4 * (y * width + 130), 4 * (y * width + 150));
  return read({ pixels, width, height });
}

const started = start();
const warm = started.then(warmUp);
const tell = (error, id) => postMessage({ id, error: String(error?.message ?? error) });

onmessage = async ({ data: { id, ...picture } }) => {
  const begun = performance.now();
  try {
    await warm;
    postMessage({ id, digit: await read(picture), milliseconds: performance.now() - begun });
  } catch (error) {
    tell(error, id);
  }
};
warm.catch(tell);
