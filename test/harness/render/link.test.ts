import { describe, expect, it } from 'vitest';
import { analysePage } from '../../../harness/analysis/page.ts';
import type { Environment } from '../../../harness/core/manifest.ts';
import type { LinkUse } from '../../../harness/core/record.ts';
import { linkSection } from '../../../harness/render/sections/link.ts';
import { madeUpRun } from '../../support/made-up-run.ts';

const use: LinkUse = {
  windowMs: 1000,
  tom: { sentBytes: 1_250_000, sentPackets: 20_000 },
  jerry: { sentBytes: 1_000_000, sentPackets: 19_000 },
  heldBack: { packets: 0, dropped: 0, backlogBytes: 0 },
};

function section(
  heldBack: LinkUse['heldBack'] = use.heldBack,
  environment: Partial<Environment> = { link: { tool: 'iperf 3.12', bitsPerSecond: 4e9, reason: null } },
): string | null {
  const run = madeUpRun({
    blocks: 3,
    scenario: { concurrencies: [5], traced: undefined },
    adjust: (record) => ({ ...record, link: { ...use, heldBack } }),
    adjustManifest: (manifest) => ({ ...manifest, environment: { ...manifest.environment, ...environment } }),
  });
  return linkSection(analysePage(run, 'epoll', null));
}

describe('the section about the link', () => {
  it('holds what was sent against what the link can carry', () => {
    const text = section();
    expect(text).toContain('iperf 3.12 carried 4.00 Gbit/s from Tom to Jerry');
    expect(text).toContain('| blocking-serial | 10.0 Mbit/s (0.3 %) |');
  });

  it('names what a shaper held back', () => {
    expect(section({ packets: 12_000, dropped: 7, backlogBytes: 0 })).toContain(
      '10.0 Mbit/s (0.3 %); held back 12,000, dropped 7 |',
    );
  });

  it('says why the capacity is not known, and gives no share', () => {
    const reason = 'iperf3 is not installed; to have it: apt-get install iperf3';
    const text = section(null, { link: { tool: 'iperf3', bitsPerSecond: null, reason } });
    expect(text).toContain(reason);
    expect(text).toContain('| blocking-serial | 10.0 Mbit/s |');
    expect(text).not.toContain('share');
  });

  it('does not take a shared device for that of one host', () => {
    const { tom } = madeUpRun({}).manifest.environment;
    expect(section(use.heldBack, { tom, jerry: tom })).toContain('the device that both hosts share');
  });

  it('is not there where nothing was watched', () => {
    const run = madeUpRun({ scenario: { concurrencies: [5], traced: undefined } });
    expect(linkSection(analysePage(run, 'epoll', null))).toBeNull();
  });
});
