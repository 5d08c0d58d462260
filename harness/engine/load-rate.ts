import { capacityCellOf } from '../core/grid.ts';
import type { PlannedRepeat } from '../core/manifest.ts';
import { openLoopParams } from '../core/open-loop.ts';
import { shareIn, withRate } from '../core/rate-share.ts';
import { cellId, throughput, type RepeatRecord } from '../core/record.ts';
import type { LoadChoice, Scenario } from '../core/scenario.ts';

/** Why a repeat cannot be made as it was planned. */
interface Impossible {
  readonly impossible: string;
}

/**
 * The load with a rate in requests per second where its rate is a share of what another cell served: in the same block,
 * so that a slow change of the machine hits both alike. Its other parameters stay.
 */
export function loadAt(
  load: LoadChoice,
  scenario: Scenario,
  planned: Pick<PlannedRepeat, 'cell' | 'block' | 'pass'>,
  records: readonly RepeatRecord[],
): LoadChoice | Impossible {
  return withOwnArrivals(atShare(load, scenario, planned, records), planned.block);
}

/** Random arrivals are other ones in each block, or all blocks would share the luck of one draw. */
function withOwnArrivals(asked: LoadChoice | Impossible, block: number): LoadChoice | Impossible {
  if ('impossible' in asked || asked.params[openLoopParams.arrivals] !== 'poisson') return asked;
  return { ...asked, params: { [openLoopParams.seed]: block, ...asked.params } };
}

function atShare(
  load: LoadChoice,
  scenario: Scenario,
  planned: Pick<PlannedRepeat, 'cell' | 'block' | 'pass'>,
  records: readonly RepeatRecord[],
): LoadChoice | Impossible {
  const share = shareIn(load.params);
  const capacity = share === null ? null : capacityCellOf(scenario, planned.cell);
  if (share === null || capacity === null) return load;
  const id = cellId(capacity);
  const [latest] = records
    .filter(({ pass, cell, status, block }) => {
      if (pass !== 'timed' || cellId(cell) !== id) return false;
      // Other passes have no block of their own: they take what was measured last.
      return planned.pass === 'timed' ? block === planned.block : status === 'ok';
    })
    .slice(-1);
  const where = `its rate is ${String(load.params['rate'])} of what ${id} serves in the same block, which`;
  if (latest === undefined) return { impossible: `${where} was not measured` };
  if (latest.status === 'failed') {
    return { impossible: `${where} failed: ${latest.failure?.message ?? 'no reason given'}` };
  }
  const served = latest.load ? throughput(latest.load) : 0;
  if (served === 0) return { impossible: `${where} served nothing` };
  return { ...load, params: withRate(load.params, Number((share * served).toFixed(3))) };
}
