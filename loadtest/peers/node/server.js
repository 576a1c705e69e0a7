// Node's http: a cluster worker for each thread, the length set so that HTTP/1.0 clients can keep their connections.
'use strict';

const cluster = require('node:cluster');
const fs = require('node:fs');
const http = require('node:http');

const [port, threads, file] = process.argv.slice(2);

function readProducts() {
  const products = new Map();
  if (!file) return products;
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const columns = line.split('\t');
    if (columns.length !== 3) throw new Error(`${file}: bad line: ${line}`);
    const body = Buffer.from(columns[2]);
    const fields = { 'Content-Type': 'application/json', ETag: columns[1], 'Content-Length': body.length };
    products.set(columns[0], { fields, body });
  }
  return products;
}

function serve() {
  const products = readProducts();
  const hello = { 'Content-Type': 'text/plain', 'Content-Length': 5 };
  const productsPath = '/v1/products/';
  const server = http.createServer((request, response) => {
    const url = request.url;
    if (request.method === 'GET' && url === '/hello') {
      response.writeHead(200, hello);
      response.end('Hello');
      return;
    }
    if (request.method === 'POST' && url === '/echo') {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece));
      request.on('end', () => {
        const body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
        response.writeHead(200, { 'Content-Type': request.headers['content-type'] ?? '', 'Content-Length': body.length });
        response.end(body);
      });
      return;
    }
    const product = url.startsWith(productsPath) ? products.get(url.slice(productsPath.length)) : undefined;
    if (request.method === 'GET' && product) {
      response.writeHead(200, product.fields);
      response.end(product.body);
      return;
    }
    response.writeHead(404, { 'Content-Length': 0 });
    response.end();
  });
  server.keepAliveTimeout = 0; // Idle connections may stay: the other peers keep them too.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
}

function lead() {
  // The workers accept for themselves. The default, to hand each connection over, takes 3 times as much CPU for a short one.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  for (let i = 0; i < Number(threads); ++i) cluster.fork();
  cluster.on('exit', (worker, code) => {
    console.error(`peer: worker ${worker.process.pid} ended with ${code}`);
    process.exit(1);
  });
  process.on('SIGTERM', () => {
    cluster.removeAllListeners('exit');
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit(0);
  });
}

if (cluster.isPrimary && Number(threads) > 1) lead();
else serve();
