import { readParams } from '../../core/params.ts';
import type { Disturbance } from '../../core/plugin.ts';
import { makeQuotaGroup, quotaParams, quotaProblem } from '../../effects/cpu-quota.ts';

/** Makes the server the limit while its cores have time to spare, as a container's CPU limit does. */
const holdServer: Disturbance = {
  summary: "holds the server's processes to a share of one core",
  check: quotaProblem,

  async start({ machine, server }, { plugin, params }) {
    const { share } = readParams(quotaParams, params, `disturbance ${plugin}`);
    const group = await makeQuotaGroup(machine, 'server', share);
    try {
      await group.hold(server.pid);
    } catch (error) {
      await group.remove();
      throw error;
    }
    return { stop: () => group.remove() };
  },
};

export default holdServer;
