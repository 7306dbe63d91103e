// Stands for a runtime of Request and Response behind a proxy that ends TLS, such as Deno or Bun: variables are in the process.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const { default: module } = await import(pathToFileURL(process.argv[2]).href);
async function serve(asked, answer) {
  const chunks = [];
  for await (const chunk of asked) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, values] of Object.entries(asked.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const init = { method: asked.method, headers, ...(chunks.length > 0 && { body: Buffer.concat(chunks) }) };
  const response = await module.fetch(new Request(`https://${asked.headers.host}${asked.url}`, init));
  answer.writeHead(response.status, Object.fromEntries(response.headers));
  answer.end(await response.text());
}
const server = createServer((asked, answer) => void serve(asked, answer));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
