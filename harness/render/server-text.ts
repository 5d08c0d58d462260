import type { Scenario } from '../core/scenario.ts';

/** What a server is, for who has never heard of it, by the plug-in that starts it. */
const kinds: Readonly<Record<string, string>> = {
  'blocking-serial':
    'serves one connection after the other and waits for each (blocking accept, recv, writev, close)',
  'epoll-prefork':
    'has a parent that watches the listening socket and notifies its workers, each of which serves many connections at once with epoll',
  'epoll-single': 'is one process that serves many connections at once with epoll',
  'epoll-shared': 'has workers that share a listening socket, each with an epoll loop',
  'epoll-reuseport': 'has workers with a listening socket each (SO_REUSEPORT) and an epoll loop',
  threads: 'has threads that share a listening socket, each with an epoll loop',
  nginx: 'is the web server that many know',
};

/** One sentence about the servers of a scenario; plain text, empty where nothing is known of them. */
export function serversText({ variants }: Scenario): string {
  const plugins = [...new Set(variants.map(({ plugin }) => plugin))];
  const known = plugins.flatMap((plugin) => {
    const kind = kinds[plugin];
    return kind === undefined ? [] : [`${plugin} ${kind}`];
  });
  return known.length === 0 ? '' : `The servers: ${known.join('; ')}.`;
}
