/*
 * usage: node my-server.mjs PORT ADDRESS [MANNER]
 *
 * A server as a user might bring it, without any counters; MANNER is what is odd about it.
 */
import cluster from 'node:cluster';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import net from 'node:net';

const [port, address, manner = 'plain'] = process.argv.slice(2);

const answer = {
  'without-length': (_, response) => {
    response.removeHeader('transfer-encoding');
    response.write('hello\n');
    response.end();
  },
  'prints-a-lot': (_, response) => {
    console.log('x'.repeat(1000));
    response.end('hello\n');
  },
}[manner];

function listen(host = address) {
  createServer(answer ?? ((_, response) => response.end('hello\n'))).listen(Number(port), host, 4096);
}

switch (manner) {
  case 'only-local':
    listen('127.0.0.1');
    break;
  case 'never-closes':
    net
      .createServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      })
      .listen(Number(port), address);
    break;
  case 'exits':
    console.error('the database is not there');
    process.exit(3);
    break;
  case 'daemonizes':
    spawn(process.execPath, [process.argv[1], port, address], { detached: true, stdio: 'ignore' }).unref();
    break;
  case 'forks':
    if (cluster.isPrimary) for (let worker = 0; worker < 2; worker++) cluster.fork();
    else listen();
    break;
  case 'ignores-sigterm':
    process.on('SIGTERM', () => undefined);
    listen();
    break;
  default:
    listen();
}
