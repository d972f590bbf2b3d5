// Receives with the parser that is named: parsers.mjs FOLDER PACKAGE SECRET. It answers as asked.py does.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, name, secret] = process.argv.slice(2);
const reports = [];

// Some packages can only be imported, and imports do not search in a folder that is given.
async function load(name) {
  const place = `${folder}/node_modules/${name}`;
  const manifest = JSON.parse(readFileSync(`${place}/package.json`));
  const entry = manifest.exports?.["."]?.import ?? manifest.main;
  return { module: await import(pathToFileURL(`${place}/${entry}`)), version: manifest.version };
}

function read(event) {
  const newest = event.commits.at(-1) ?? event.head_commit;
  return { ref: event.ref, newest: newest?.id ?? null };
}

const parsers = {
  "@octokit/webhooks": ({ Webhooks }) => {
    const webhooks = new Webhooks({ secret });
    let report;
    webhooks.onAny(({ name, payload }) => (report = { event: name, ...read(payload) }));
    return async (headers, body) => {
      await webhooks.verifyAndReceive({
        id: headers["x-github-delivery"],
        name: headers["x-github-event"],
        signature: headers["x-hub-signature-256"],
        payload: body,
      });
      return report;
    };
  },
  standardwebhooks: ({ Webhook }) => {
    const webhook = new Webhook(secret);
    return (headers, body) => read(webhook.verify(body, headers));
  },
  cloudevents: ({ HTTP }) => (headers, body) => {
    const event = HTTP.toEvent({ headers, body });
    event.validate();
    const report = { event: event.type, ...read(event.data) };
    if (event.subject !== report.ref) throw new Error(`subject ${event.subject}`);
    return report;
  },
};

const { module, version } = await load(name);
const parse = parsers[name](module.Webhooks || module.Webhook || module.HTTP ? module : module.default);
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    reports.push(await parse(request.headers, Buffer.concat(chunks).toString()));
  } catch (refusal) {
    reports.push({ refused: String(refusal) });
    response.statusCode = 400;
  }
  response.end();
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, version }));
  createInterface({ input: process.stdin })
    .on("line", () => console.log(JSON.stringify(reports.splice(0))))
    .on("close", () => process.exit());
});
