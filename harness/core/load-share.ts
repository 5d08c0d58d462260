import { UserError } from './errors.ts';
import type { LoadRequest } from './plugin.ts';
import { openLoopParams } from './open-loop.ts';

/**
 * A load dealt out to hosts: connections as evenly as possible, with no more hosts than connections, and a rate by
 * connections. Random arrivals get a seed each, since equal ones would make all hosts start at the same moments; together
 * they are Poisson's again.
 */
export function sharesOf(request: LoadRequest, hosts: number): LoadRequest[] {
  const used = Math.min(hosts, request.concurrency);
  return Array.from({ length: used }, (_, at) => {
    const concurrency = Math.floor(request.concurrency / used) + (at < request.concurrency % used ? 1 : 0);
    return {
      ...request,
      concurrency,
      choice: { ...request.choice, params: paramsOf(request, concurrency, at) },
    };
  });
}

function paramsOf({ choice, concurrency: all }: LoadRequest, concurrency: number, at: number) {
  const { params } = choice;
  const rate = params[openLoopParams.rate];
  if (typeof rate !== 'number') return params;
  const seed = params[openLoopParams.seed];
  return {
    ...params,
    [openLoopParams.rate]: (rate * concurrency) / all,
    ...(params[openLoopParams.arrivals] === 'poisson'
      ? { [openLoopParams.seed]: (typeof seed === 'number' ? seed : 1) + at }
      : {}),
  };
}

/** Throws UserError for a load whose start and windows cannot be told to the millisecond. */
export function refuseSpread(load: string, startsTogether: true | undefined, hosts: number): void {
  if (hosts === 1 || startsTogether === true) return;
  throw new UserError(
    `load ${load} cannot be spread over ${hosts} hosts: it cannot be told when to start, nor tells when its window begins`,
    'use a load of forkbench, such as uring or epoll, or --jerries 1',
  );
}
