import { readParams } from '../../core/params.ts';
import type { Disturbance } from '../../core/plugin.ts';
import { makeQuotaGroup, quotaParams, quotaProblem } from '../../effects/cpu-quota.ts';

/** Makes the generator the limit, however many cores it has. */
const holdLoad: Disturbance = {
  summary: "holds the load's processes to a share of one core",
  check: quotaProblem,

  async start({ machine }, { plugin, params }) {
    const { share } = readParams(quotaParams, params, `disturbance ${plugin}`);
    const group = await makeQuotaGroup(machine, 'load', share);
    return {
      loadStarted: (load) => group.hold(load.pid),
      stop: () => group.remove(),
    };
  },
};

export default holdLoad;
