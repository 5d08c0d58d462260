import type { Interval } from '../analysis/intervals.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import type { CapturedCell, Phenomenon, Waiting } from '../analysis/phenomenon.ts';
import { present, sum } from '../analysis/statistics.ts';
import type { Packets } from '../core/record.ts';
import { boldLines, disturbedCells, runCaveats } from './caveats.ts';
import { hypothesesChart } from './charts/hypotheses.ts';
import { backOffChart, sequenceChart } from './charts/packets.ts';
import type { Chart } from './charts/svg.ts';
import { formatCount, formatRatio, formatShare, formatWhole, noData, plural } from './format.ts';
import { bordersOf, intervalCell, rangeText } from './interval-text.ts';
import type { Links } from './links.ts';
import { blocks, code, escapeText, linkPath, table } from './markdown.ts';
import type { RenderedFiles } from './page.ts';
import { chartFiles, picture } from './pictures.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { answersText, hypothesesSection } from './sections/hypotheses.ts';
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
    hypothesesSection(page.hypotheses),
    '## One client, packet by packet',
    ...sequences.map(shown),
    '## How many clients wait for a timer',
    backOff && shown(backOff),
    captureTable(captured),
    timersTable(captured),
    '## What the server does meanwhile',
    waitingTable(phenomenon),
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
  const environment = blocks([
    `# ${escapeText(manifest.scenario.title)}: where it was measured`,
    `Beside the [report](../${linkPath(pageName)}.md).`,
    environmentSection(page),
  ]);
  return new Map([
    [`${pageName}.md`, `${text}\n`],
    [`${pageName}/environment.md`, `${environment}\n`],
    ...(await chartFiles(pageName, charts)),
  ]);
}

/** The cell in which most clients wait. */
function worst(captured: readonly CapturedCell[]): CapturedCell | null {
  return captured.reduce<CapturedCell | null>(
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
    `Connections of all captures of a cell. Whether a bare ACK found room is not in its packets: the queue may have been full still, and the request that came again have completed the connection. Times: median, and the 95th percentile below it, of the capture in the chart. Few connections have to send anything again, since those that wait are not replaced: the others take turns ever faster. Most clients are in the second column all the same, at any moment.`,
  ]);
}

/** The shortest and the longest of a cell's captures. */
function spanText({ captures }: CapturedCell): string {
  const seconds = captures.map(({ spanMs }) => (spanMs / 1000).toFixed(1)).sort();
  const [shortest, longest] = [seconds[0]!, seconds.at(-1)!];
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
        'asleep while others wait',
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
    'Share of looks at the queue, 25 a second, at which somebody waited, every process of the server slept, and nothing had been answered since the look before; median of the blocks.',
  ]);
}

const shareText = (share: number | null): string => (share === null ? noData : formatShare(share));
const longestText = ({ longestBlockMs }: Waiting): string =>
  longestBlockMs === null || longestBlockMs === 0 ? noData : formatMs(longestBlockMs);

function fallTable({ falls, comparison }: Phenomenon): string {
  return blocks([
    `Requests per second under the first condition (${escapeText(comparison.conditions[0]!.label)}), against the same server with the fewest clients:`,
    table(
      ['', 'clients', 'requests/s', 'against the fewest clients'],
      comparison.cells
        .filter(({ condition }) => condition === comparison.conditions[0])
        .map((cell) => [
          escapeText(cell.label),
          formatCount(cell.concurrency),
          intervalCell(cell.requestsPerSecond, formatWhole),
          intervalCell(
            falls.find(
              ({ variant, concurrency }) => variant === cell.variant && concurrency === cell.concurrency,
            )?.ratio,
            formatRatio,
          ),
        ]),
      ['l', 'r', 'r', 'r'],
    ),
  ]);
}

function recoveryTable(phenomenon: Phenomenon): string {
  const { comparison, interventions } = phenomenon;
  const rows = comparison.cells.filter(({ condition }) => interventions.includes(condition));
  return blocks([
    'The same with one thing changed, against the first condition within each block:',
    table(
      ['what is changed', '', 'clients', 'requests/s', 'times as many', ''],
      rows.map(({ condition, label, concurrency, requestsPerSecond, ratio }) => [
        escapeText(condition.label),
        escapeText(label),
        formatCount(concurrency),
        intervalCell(requestsPerSecond, formatWhole),
        intervalCell(ratio, formatRatio),
        verdictOf(ratio),
      ]),
      ['l', 'l', 'r', 'r', 'r', 'l'],
    ),
    'Geometric means of the blocks with 95 % intervals. *Helps* and *harms* where the interval leaves 1 out; each row is judged by itself.',
    accountText(phenomenon),
  ]);
}

/** How much of the fall of the baseline each change takes back, where most clients are; null where it does not fall. */
function accountText({ comparison, interventions, falls }: Phenomenon): string | null {
  const { baseline } = comparison.run.manifest.scenario;
  const mine = falls.filter(({ variant, ratio }) => variant === baseline && ratio !== null);
  const fall = mine.at(-1);
  const borders = fall?.ratio ? bordersOf(fall.ratio) : null;
  if (!fall?.ratio || borders === null || borders.high >= 1) return null;
  const lost = -Math.log(fall.ratio.estimate);
  const parts = comparison.cells
    .filter(
      ({ condition, variant, concurrency }) =>
        interventions.includes(condition) && variant === baseline && concurrency === fall.concurrency,
    )
    .flatMap(({ condition, ratio }) => (ratio ? [{ condition, ratio }] : []))
    .map(
      ({ condition, ratio }) =>
        `- ${escapeText(condition.label)}: ${shareOfFall(ratio.estimate, lost)}${rangeText(ratio, (factor) => shareOfFall(factor, lost)).replace('–', ' to ')}`,
    );
  return blocks([
    `How much of the fall from ${formatCount(fall.from)} to ${formatCount(fall.concurrency)} clients, to ${ratioText(fall.ratio)}, each change takes back (100 %: all of it; below 0 %: it falls further). The causes overlap, so that shares do not add up; their intervals take the fall as it is:`,
    parts.join('\n'),
  ]);
}

/** Of a fall, which is a factor: in logarithms, so that two halves make a whole. */
const shareOfFall = (factor: number, lost: number): string =>
  `${((100 * Math.log(factor)) / lost).toFixed(0).replace('-', '−')} %`;

function verdictOf(ratio: Interval | null): string {
  const borders = ratio && bordersOf(ratio);
  if (!borders) return noData;
  if (borders.low > 1) return '**helps**';
  return borders.high < 1 ? '**harms**' : 'not told apart';
}

const ratioText = (ratio: Interval): string => formatRatio(ratio.estimate) + rangeText(ratio, formatRatio);

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

const kernelText = `## What the kernel does

- **The queue holds one more than its limit.** ${code('sk_acceptq_is_full()')} tests with ${code('>')}, so backlog 5 holds six ([include/net/sock.h](https://github.com/torvalds/linux/blob/master/include/net/sock.h)).
- **A SYN that meets a full queue is dropped** and counted as ListenOverflows and ListenDrops; the client's timer sends it again after a second (${code('tcp_conn_request()')} in [net/ipv4/tcp_input.c](https://github.com/torvalds/linux/blob/master/net/ipv4/tcp_input.c)). Since Linux 6.5 the first four of these waits are a second each (${code('tcp_syn_linear_timeouts')}); before, as in 2022, they were 1, 2, 4 and 8 s, so a client that had bad luck twice was away for longer.
- **The last ACK of a handshake that meets a full queue is dropped too**, unless ${code('tcp_abort_on_overflow')} is set, which sends a reset instead (${code('tcp_check_req()')} in [net/ipv4/tcp_minisocks.c](https://github.com/torvalds/linux/blob/master/net/ipv4/tcp_minisocks.c)). The client has its SYN-ACK and takes itself for connected. Its request is dropped in the same way, as long as there is no room, and comes again after 200, 200, 400, 800 ms: a tail loss probe ([RFC 8985](https://www.rfc-editor.org/rfc/rfc8985)), then a timer that doubles ([RFC 6298](https://www.rfc-editor.org/rfc/rfc6298)).
- **The server's own timer sends its SYN-ACK again after a second** (${code('reqsk_timer_handler()')} in [net/ipv4/inet_connection_sock.c](https://github.com/torvalds/linux/blob/master/net/ipv4/inet_connection_sock.c)). The client answers with a bare ACK. If there is room then, the connection is complete without its request, which stays away until the client's next timer: at 1.4 s or 1.6 s after the SYN.
- **Half-open connections have the same limit.** When they are as many as the backlog, the kernel answers with a SYN cookie and keeps nothing (${code('tcp_syncookies')}, [ip-sysctl](https://docs.kernel.org/networking/ip-sysctl.html)): then there is no second SYN-ACK, and what completes the connection is a request that came again, or a SYN.
- **TCP_DEFER_ACCEPT** hands a connection over with its first bytes only: a bare ACK is dropped, and counted as TCPDeferAcceptDrop, as long as the server has sent its SYN-ACK again fewer times than the given seconds stand for (${code('tcp_check_req()')}). With one second the bare ACK that answers the first repeated SYN-ACK is taken, and the connection handed over without its request, which is what it was to prevent. Meanwhile it counts as half-open, so a short limit is reached by ordinary connections already; a connection with a cookie is complete with its bare ACK, deferred or not.`;
