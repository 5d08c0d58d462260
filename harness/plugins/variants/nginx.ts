import { UserError } from '../../core/errors.ts';
import type { Machine, ServerPlace, Variant } from '../../core/plugin.ts';
import type { VariantChoice } from '../../core/scenario.ts';

/** What a scenario may set: the default of each, and its limits. */
const parameters = {
  workers: { default: 1, min: 1, max: 64 },
  /** nginx's own default. */
  backlog: { default: 511, min: 1, max: 65_535 },
  /** Header and body. nginx takes no word of its configuration that is longer than 4 kB. */
  'response-bytes': { default: 137, min: 136, max: 4000 },
} as const;
type Parameters = Record<keyof typeof parameters, number>;

function parametersOf({ id, params }: VariantChoice): Parameters {
  for (const [name, value] of Object.entries(params)) {
    const known = Object.entries(parameters).find(([candidate]) => candidate === name)?.[1];
    if (known === undefined) {
      const names = Object.keys(parameters).join(', ');
      throw new UserError(`variant ${id}: nginx has no parameter "${name}"`, `use one of ${names}`);
    }
    const { min, max } = known;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new UserError(
        `variant ${id}: ${name} is ${JSON.stringify(value)}`,
        `write a whole number from ${min} to ${max}`,
      );
    }
  }
  const defaults = Object.entries(parameters).map(([name, known]) => [name, known.default] as const);
  return { ...(Object.fromEntries(defaults) as Parameters), ...params };
}

/** As nginx sends it: the date has always the same length. */
const headWithoutLength =
  'HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n' +
  'Content-Type: text/plain\r\nContent-Length: \r\nConnection: close\r\n\r\n';

/** The body with which the whole response has this size. */
export function bodyFor(responseBytes: number, where: string): string {
  for (let digits = 1; digits <= 4; digits++) {
    const size = responseBytes - headWithoutLength.length - digits;
    if (size >= 0 && String(size).length === digits) return 'x'.repeat(size);
  }
  throw new UserError(
    `${where}: response-bytes ${responseBytes} can't be met, since the header holds the body's length`,
    'take one byte more or less',
  );
}

/** Kinds of upstream that nginx makes a directory for, each unless it was built without it. */
const upstreams = ['proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration(
  { workers, backlog }: Parameters,
  body: string,
  place: ServerPlace,
  buildOptions: string,
): string {
  // In a user namespace nginx finds itself root, and there may be nobody else that its workers could become.
  const user = place.machine.root ? '' : 'user root root;\n';
  const temporary = upstreams
    .filter((name) => !buildOptions.includes(`--without-http_${name}_module`))
    .map((name) => `  ${name}_temp_path "${place.directory}/${name}";`);
  return `${user}daemon off;
worker_processes ${workers};
pid "${place.directory}/nginx.pid";
error_log stderr warn;
events {
  worker_connections 20480;
}
http {
  access_log off;
  server_tokens off;
  keepalive_timeout 0;
  default_type text/plain;
  client_body_temp_path "${place.directory}/client-body";
${temporary.join('\n')}
  server {
    listen ${place.address}:${place.port} backlog=${backlog};
    location / {
      return 200 "${body}";
    }
  }
}
`;
}

const missing = { reason: 'nginx is not installed', remedy: 'apt-get install nginx-light' };

async function programOf(machine: Machine): Promise<string> {
  const path = await machine.which('nginx');
  if (path === null) throw new UserError(missing.reason, missing.remedy);
  return path;
}

const configurationFile = (directory: string): string => `${directory}/nginx.conf`;

/** A server that everybody knows, with the least that it needs: a master, its workers, a constant response. */
const nginx: Variant = {
  summary: 'nginx with a minimal configuration of its own: a known reference',
  check: async (machine) => ((await machine.which('nginx')) === null ? missing : null),
  countsItself: () => false,

  async prepare(choice, place) {
    const chosen = parametersOf(choice);
    const built = await place.machine.run([await programOf(place.machine), '-V']);
    const body = bodyFor(chosen['response-bytes'], `variant ${choice.id}`);
    const text = configuration(chosen, body, place, built.stderr);
    await place.machine.writeFile(configurationFile(place.directory), text);
  },

  async command(choice, { machine, directory }) {
    bodyFor(parametersOf(choice)['response-bytes'], `variant ${choice.id}`);
    return [await programOf(machine), '-p', directory, '-c', configurationFile(directory)];
  },

  programs: async (_, machine) => ({ nginx: await programOf(machine) }),

  async versions(machine) {
    const { stderr } = await machine.run([await programOf(machine), '-v']);
    return { nginx: stderr.trim() };
  },
};

export default nginx;
