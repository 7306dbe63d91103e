// Stands for the Lambda runtime: one process for each function, its variables in the environment, one event after the other.
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);
async function run({ id, event }) {
  try {
    process.send({ id, result: await handler(event, {}) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
}
process.on('message', (message) => void run(message));
process.send({ id: 'ready' });
