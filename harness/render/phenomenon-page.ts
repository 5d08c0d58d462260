import type { PageAnalysis } from '../analysis/page.ts';
import type { CapturedCell, Phenomenon, Waiting } from '../analysis/phenomenon.ts';
import { present, spreadOf, sum } from '../analysis/statistics.ts';
import type { Packets } from '../core/record.ts';
import { boldLines, disturbedCells, runCaveats } from './caveats.ts';
import { hypothesesChart } from './charts/hypotheses.ts';
import { backOffChart, sequenceChart } from './charts/packets.ts';
import type { Chart } from './charts/svg.ts';
import { formatCount, formatShare, noData, plural } from './format.ts';
import { bordersOf, ratioText } from './interval-text.ts';
import { kernelText } from './kernel-text.ts';
import type { Links } from './links.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { answersText, hypothesesSection } from './sections/hypotheses.ts';
import { fallTable, recoveryTable } from './sections/recovery.ts';
import { allFigures, chartData, measureAgain, planText } from './sections/method.ts';

/** The page of a run that captured packets: what a full accept queue does, and what helps. */
export async function renderPhenomenonPage(
  phenomenon: Phenomenon,
  page: PageAnalysis,
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const { captured, comparison, examples } = phenomenon;
  const { manifest } = comparison.run;
  const sequences = examples.map(sequenceChart);
  const backOff = captured.length > 0 ? backOffChart(captured) : null;
  const deciding = hypothesesChart(page.hypotheses);
  const charts = present([deciding, ...sequences, backOff]);
  const shown = (chart: Chart): string => picture(chart, links.beside);
  const text = blocks([
    firstScreen(phenomenon, page),
    deciding && shown(deciding),
    boldLines([...runCaveats(comparison.run), disturbedCells(comparison.cells.map(({ cell }) => cell))]),
    `Each claim with its figures, its limits and what follows: [hypotheses.md](${links.beside}/hypotheses.md).`,
    '## One client, packet by packet',
    ...sequences.map(shown),
    '## How many clients wait for a timer',
    backOff && shown(backOff),
    captureTable(captured),
    timersTable(captured),
    '## What the server does meanwhile',
    waitingTable(phenomenon),
    burstsText(phenomenon),
    longestWaitsText,
    '## How much comes back when a cause is taken away',
    fallTable(phenomenon),
    recoveryTable(phenomenon),
    kernelText,
    failuresSection(page, links),
    `## Environment\n\nMachine, kernel and settings of both hosts: [environment.md](${links.beside}/environment.md).`,
    '## Method',
    methodText(phenomenon),
    measureAgain(manifest),
    `${allFigures(links)}; the captured packets in [raw/](${links.run}/raw).${chartData(charts, links)}`,
  ]);
  const hypotheses = blocks([
    `# ${escapeText(manifest.scenario.title)}: what was claimed, and what the figures say`,
    `Beside the [report](../${linkPath(pageName)}.md).`,
    hypothesesSection(page.hypotheses),
  ]);
  const environment = blocks([
    `# ${escapeText(manifest.scenario.title)}: where it was measured`,
    `Beside the [report](../${linkPath(pageName)}.md).`,
    environmentSection(page),
  ]);
  return new Map([
    [`${pageName}.md`, `${text}\n`],
    [`${pageName}/hypotheses.md`, `${hypotheses}\n`],
    [`${pageName}/environment.md`, `${environment}\n`],
    ...(await chartFiles(pageName, charts)),
  ]);
}

/** The cell in which most clients wait, of those that differ from the seed in nothing but the capture. */
function worst(captured: readonly CapturedCell[]): CapturedCell | null {
  return captured
    .filter(({ plain }) => plain)
    .reduce<CapturedCell | null>(
      (best, cell) =>
        best === null || cell.meanInBackOff / cell.concurrency > best.meanInBackOff / best.concurrency
          ? cell
          : best,
      null,
    );
}

/** The heading of the page, also for the index. */
export function phenomenonTitle({ captured, comparison }: Phenomenon): string {
  const cell = worst(captured);
  if (cell === null) return comparison.run.manifest.scenario.title;
  return `A full accept queue: of ${formatCount(cell.concurrency)} clients ${formatCount(Math.round(cell.meanInBackOff))} wait for a timer`;
}

function firstScreen(phenomenon: Phenomenon, { hypotheses }: PageAnalysis): string {
  const { captured, comparison } = phenomenon;
  const { scenario } = comparison.run.manifest;
  return blocks([
    `# ${escapeText(phenomenonTitle(phenomenon))}`,
    `*${escapeText(scenario.title)}.* ${escapeText(scenario.question)}`,
    answersText(hypotheses),
    'What was seen:',
    [
      '- A server that listens with backlog 5 has room for six connections that it has not accepted yet. What comes while these are there, a SYN or the end of a handshake, is dropped without a word, and the client only learns of it from its own timer: after 200 ms for a request, after a second for a SYN.',
      ...captured.map(
        (cell) =>
          `- ${escapeText(cell.label)}, ${plural(cell.concurrency, 'client')}: on average **${formatCount(Math.round(cell.meanInBackOff))}** of them wait for a timer. ${quietText(cell)}`,
      ),
      ...emptyText(phenomenon),
      ...fallSentences(phenomenon),
    ].join('\n'),
  ]);
}

function quietText({ quiet, quietShare, captures }: CapturedCell): string {
  if (quiet.length === 0) {
    const seconds = sum(captures.map(({ spanMs }) => spanMs)) / 1000;
    return `In the ${seconds.toFixed(1)} s that were captured the server never left everybody unanswered for 50 ms.`;
  }
  const longest = quiet.reduce((best, stretch) => (stretch.durationMs > best.durationMs ? stretch : best));
  const again = quiet.filter(({ endedBy }) => endedBy === 'request-again').length;
  return `For ${formatShare(quietShare)} of the captured time (${plural(captures.length, 'capture')}) nobody was answered; the longest such stretch took ${formatMs(longest.durationMs)}, with ${plural(longest.waiting, 'connection')} waiting. ${formatCount(again)} of ${formatCount(quiet.length)} ended with a request that its client sent again.`;
}

/** What P1c says, where a connection shows it. */
function emptyText({ captured }: Phenomenon): string[] {
  const empty = sum(captured.map(({ completedEmpty }) => completedEmpty));
  if (empty === 0) {
    return ['- No captured connection was completed by a bare ACK before its request came again.'];
  }
  return [
    `- Up to ${plural(empty, 'captured connection was', 'captured connections were')} completed by a bare ACK, in answer to a repeated SYN-ACK, while the dropped request waited for the client's timer: whoever accepts such a connection and calls a blocking ${code('recv')} sleeps until that timer fires, and everybody in the queue waits with it. A server that waits for many sockets at once serves others meanwhile.`,
  ];
}

function fallSentences({ falls }: Phenomenon): string[] {
  const known = falls.filter((fall) => fall.ratio !== null);
  return known
    .filter(({ variant, concurrency }) =>
      known.every((other) => other.variant !== variant || other.concurrency <= concurrency),
    )
    .map(({ label, concurrency, from, ratio }) => {
      const borders = bordersOf(ratio!);
      const sure = borders !== null && (borders.high < 1 || borders.low > 1);
      return `- ${escapeText(label)} at ${formatCount(concurrency)} clients serves ${ratioText(ratio!)} times what it does at ${formatCount(from)}${sure ? '' : ', which could be no difference'}.`;
    });
}

function captureTable(captured: readonly CapturedCell[]): string | null {
  if (captured.length === 0) return null;
  return blocks([
    table(
      [
        '',
        'clients',
        'captured',
        'connections',
        'SYN sent again',
        'request sent again',
        'completed without request, at most',
        'time from SYN to answer, untouched',
        'with anything sent again',
      ],
      captured.map((cell) => [
        escapeText(cell.label),
        formatCount(cell.concurrency),
        `${cell.captures.length} × ${spanText(cell)}`,
        formatCount(cell.connections),
        formatCount(cell.synSentAgain),
        formatCount(cell.requestSentAgain),
        formatCount(cell.completedEmpty),
        timesText(cell.shown.answerTimes.untouched),
        timesText(cell.shown.answerTimes.touched),
      ]),
      ['l', 'r', 'r', 'r', 'r', 'r', 'r', 'r', 'r'],
    ),
    `Connections of all captures of a cell. Whether a bare ACK found room is not in its packets: the queue may have been full still, and the request that came again have completed the connection. Times: median, and the 95th percentile below it, of the capture in the chart. Few connections have to send anything again, since those that wait are not replaced: the others take turns ever faster. At any moment most clients wait for a timer all the same: in back-off, as the chart above has it.`,
  ]);
}

/** The shortest and the longest of a cell's captures. */
function spanText({ captures }: CapturedCell): string {
  const { min, max } = spreadOf(captures.map(({ spanMs }) => spanMs / 1000))!;
  const [shortest, longest] = [min, max].map((seconds) => seconds.toFixed(1));
  return shortest === longest ? `${shortest} s` : `${shortest}–${longest} s`;
}

const timesText = (times: Packets['answerTimes']['touched']): string =>
  times === null ? noData : `${formatMs(times.medianMs)}<br><sub>${formatMs(times.p95Ms)}</sub>`;

const formatMs = (ms: number): string =>
  `${ms >= 100 ? formatCount(Math.round(ms)) : ms.toFixed(ms >= 10 ? 1 : 2)} ms`;

/** How long clients waited for each timer, from the cell in which most waited. */
function timersTable(captured: readonly CapturedCell[]): string | null {
  const cell = worst(captured);
  if (cell === null || cell.shown.waits.length === 0) return null;
  return blocks([
    `Timers as captured (${escapeText(cell.label)}, ${plural(cell.concurrency, 'client')}):`,
    table(
      ['', 'time', 'clients', 'median wait'],
      cell.shown.waits.map(({ what, nth, count, medianMs }) => [
        what === 'syn' ? 'SYN' : 'request',
        `${nth}.`,
        formatCount(count),
        formatMs(medianMs),
      ]),
      ['l', 'r', 'r', 'r'],
    ),
  ]);
}

/** Cells of servers with queues that overflowed or could have. */
function waitingTable({ waitings }: Phenomenon): string {
  const watched = waitings.filter(({ blocks: looked }) => looked > 0);
  return blocks([
    table(
      [
        '',
        'clients',
        '',
        'asleep while others wait, mean',
        'most of any block',
        'longest',
        'blocks with such a wait',
      ],
      watched.map((waiting) => [
        escapeText(waiting.cell.label),
        formatCount(waiting.cell.concurrency),
        escapeText(waiting.cell.condition.label),
        shareText(waiting.blockedShare),
        shareText(waiting.highestBlockedShare),
        longestText(waiting),
        `${waiting.blocksWithWait} of ${waiting.blocks}`,
      ]),
      ['l', 'r', 'l', 'r', 'r', 'r', 'r'],
    ),
    'Share of looks at the queue, 25 a second, at which somebody waited, every process of the server slept, and nothing had been answered since the look before. The mean over the blocks is the figure that claims are about.',
  ]);
}

/** Cells in which some blocks had a wait and others none, so that the mean is like neither; null where there is none. */
function burstsText({ waitings }: Phenomenon): string | null {
  const patchy = waitings.filter(
    ({ blocksWithWait, blocks: looked }) => blocksWithWait > 0 && blocksWithWait < looked,
  );
  if (patchy.length === 0) return null;
  return blocks([
    'Waits come in bursts: in some cells they fill a part of some blocks and leave the others out, so that the mean is like neither.',
    patchy
      .map(
        ({ cell, blocksWithWait, blocks: looked, blockedShare, highestBlockedShare }) =>
          `- ${escapeText(cell.label)} at ${formatCount(cell.concurrency)} clients, ${escapeText(cell.condition.label)}: in ${blocksWithWait} of ${plural(looked, 'block')}, up to ${shareText(highestBlockedShare)} of the time; on average ${shareText(blockedShare)}.`,
      )
      .join('\n'),
  ]);
}

const longestWaitsText =
  'How long such a wait takes follows from two timers. The server repeats its SYN-ACK 1, 3, 7 and 15 s after the first, the client its request 0.2, 0.4, 0.8, 1.6, 3.2, 6.4 and 12.8 s after that. A connection that the first repeated SYN-ACK completes has its request 0.6 s later, one that the second completes after 0.2 s, and one that the third completes after 5.8 s. A window that ends before that cuts the wait off, and shows it shorter than it is.';

const shareText = (share: number | null): string => (share === null ? noData : formatShare(share));
const longestText = ({ longestBlockMs }: Waiting): string =>
  longestBlockMs === null || longestBlockMs === 0 ? noData : formatMs(longestBlockMs);

function methodText({ captured, comparison }: Phenomenon): string {
  const { manifest } = comparison.run;
  const lost = sum(
    captured.flatMap(({ captures }) => captures.map(({ droppedByKernel }) => droppedByKernel)),
  );
  return [
    `- ${planText(manifest, comparison.grid.blocks.length)}. Intervals: Student's, over the logarithms of the blocks' figures; ratios are taken within each block.`,
    `- Packets: ${code('tcpdump')} in Tom's network, headers only, from before the load to the end of the window, or until a capture is full. It lost ${plural(lost, 'packet')} of what it saw. It runs on the server's core, so a captured repeat never stands for throughput. Kept are all connections that sent anything twice, and one in 50 of the others.`,
    '- A packet that Tom drops because his queue is full is seen, since the capture sits before TCP. That it was dropped follows from what comes after: nobody answers, and the same bytes come again.',
  ].join('\n');
}
