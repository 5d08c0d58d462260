import { compareLoads } from '../analysis/loads.ts';
import { isOpenLoop } from '../analysis/open-loop.ts';
import type { PageAnalysis } from '../analysis/page.ts';
import { ourRates, referenceConcurrency, commonGrid } from '../analysis/shape.ts';
import { rateOf } from '../core/open-loop.ts';
import { cpuChart } from './charts/cpu.ts';
import { responseTimeChart } from './charts/response-times.ts';
import { shapeChart } from './charts/shapes.ts';
import type { Chart } from './charts/svg.ts';
import { throughputChart } from './charts/throughput.ts';
import { caveatLine } from './caveats.ts';
import { formatCount } from './format.ts';
import { opening } from './headline.ts';
import type { Links } from './links.ts';
import { loadParams, loadText } from './load-text.ts';
import { blocks, code, escapeText, linkPath } from './markdown.ts';
import { chartFiles, picture } from './pictures.ts';
import { checksSection } from './sections/checks.ts';
import { ceilingSection, cpuSection } from './sections/cpu.ts';
import { costsSection } from './sections/costs.ts';
import { environmentSection } from './sections/environment.ts';
import { failuresSection } from './sections/failures.ts';
import { jerriesSection } from './sections/jerries.ts';
import { linkSection } from './sections/link.ts';
import { methodSection, requestsText } from './sections/method.ts';
import { openLoopSection } from './sections/open-loop.ts';
import { ratiosSection } from './sections/ratios.ts';
import { responseTimesSection } from './sections/response-times.ts';
import { seedSection } from './sections/seed.ts';
import { syscallsSection } from './sections/syscalls.ts';
import { toolClaimsSections } from './sections/tool-claims.ts';
import { throughputSection } from './sections/throughput.ts';
import { queueSection } from './sections/queue.ts';
import { evidenceTable, verdictsSection } from './sections/verdicts.ts';
import { workersSection } from './sections/workers.ts';
import { serversText } from './server-text.ts';

/** Texts of files by their paths, relative to the directory of reports. */
export type RenderedFiles = ReadonlyMap<string, string>;

/** The page named `pageName` about one load of a run, with its charts. `runPath` leads from the page to the run. */
export async function renderPage(
  page: PageAnalysis,
  pageName: string,
  runPath: string,
): Promise<RenderedFiles> {
  const links: Links = { run: linkPath(runPath), beside: linkPath(pageName) };
  const charts = chartsOf(page);
  const side = renderSidePages(page, charts, pageName, runPath);
  const text = blocks([
    firstScreen(page, shown(charts.throughput, links)),
    openLoopSection(page),
    throughputSection(page, links),
    page.grid.cells.some(isOpenLoop) ? null : ratiosSection(page, links),
    verdictsSection(page, links),
    responseTimesSection(page, shown(charts.responseTimes, links)),
    ...toolSections(page),
    sideSection(side, links),
    checksSection(page),
    failuresSection(page, links),
    environmentSection(page),
    methodSection(page, drawn(charts), links),
  ]);
  return new Map([
    [`${pageName}.md`, `${text}\n`],
    ...side.map(({ name, text: sideText }): [string, string] => [`${pageName}/${name}.md`, sideText]),
    ...(await chartFiles(pageName, drawn(charts))),
  ]);
}

/** What a tool of somebody else says itself, held against the kernel; none where the load is ours. */
function toolSections({ run, grid }: PageAnalysis): string[] {
  const says = grid.cells.some(({ repeats }) => repeats.some(({ claims }) => claims !== null));
  return says ? toolClaimsSections(compareLoads(run, [grid.load])) : [];
}

/** A page of what is looked up, so that the report itself can be read; it lies beside the report's charts. */
interface SidePage {
  readonly name: string;
  readonly about: string;
  readonly sections: (page: PageAnalysis, charts: Charts, links: Links) => readonly (string | null)[];
}

const shown = (chart: Chart | null, { beside }: Links): string | null => chart && picture(chart, beside);

const sidePages: readonly SidePage[] = [
  {
    name: 'seed',
    about: 'the shape of these figures beside that of the seed experiment',
    sections: (page, charts, links) => [seedSection(page, shown(charts.shapes, links))],
  },
  {
    name: 'waiting',
    about: 'who waited where, in the accept queue and in which state of a socket',
    sections: (page) => [queueSection(page)],
  },
  {
    name: 'syscalls',
    about: 'which system calls each server made, and how long they took',
    sections: (page, _, links) => [syscallsSection(page, links)],
  },
  {
    name: 'cpu',
    about:
      'CPU time of both sides, what a request cost, how processes shared the work, and what load and link can do',
    sections: (page, charts, links) => [
      cpuSection(page, shown(charts.cpu, links)),
      costsSection(page),
      workersSection(page),
      ceilingSection(page),
      jerriesSection(page),
      linkSection(page),
    ],
  },
  {
    name: 'evidence',
    about: 'what limited each figure, and how that is known',
    sections: (page) => [evidenceTable(page)],
  },
];

type RenderedSide = Pick<SidePage, 'name' | 'about'> & { readonly text: string };

/** Those that have anything to say about this run. */
function renderSidePages(
  page: PageAnalysis,
  charts: Charts,
  pageName: string,
  runPath: string,
): RenderedSide[] {
  const links: Links = { run: linkPath(`../${runPath}`), beside: '.' };
  return sidePages.flatMap(({ name, about, sections }) => {
    const text = blocks(sections(page, charts, links));
    if (text === '') return [];
    const head = [
      `# ${escapeText(page.run.manifest.scenario.title)}: ${about}`,
      `Beside the [report](../${linkPath(pageName)}.md). Load ${code(page.grid.load)}.`,
    ];
    return [{ name, about, text: `${blocks([...head, text])}\n` }];
  });
}

function sideSection(side: readonly RenderedSide[], { beside }: Links): string {
  return blocks([
    '## More about this run',
    side.map(({ name, about }) => `- [${name}.md](${beside}/${name}.md): ${about}`).join('\n'),
  ]);
}

type Charts = Readonly<Record<'throughput' | 'shapes' | 'responseTimes' | 'cpu', Chart | null>>;

const drawn = (charts: Charts): Chart[] => Object.values(charts).filter((chart) => chart !== null);

function chartsOf({ run, grid, seed }: PageAnalysis): Charts {
  const ours = ourRates(grid);
  const common = seed ? commonGrid(seed, ours) : null;
  const reference = common && common.variants.length > 0 ? referenceConcurrency(common.concurrencies) : null;
  return {
    throughput: throughputChart(grid),
    shapes: seed && reference !== null ? shapeChart(grid, seed, ours, reference) : null,
    responseTimes: responseTimeChart(grid),
    cpu: cpuChart(grid, run.manifest.environment.sharedCores.length > 0),
  };
}

/** What somebody sees who has never heard of the experiment: the answer, how far to trust it, and the picture. */
function firstScreen(page: PageAnalysis, picture: string | null): string {
  const { title, answer, caveats } = opening(page);
  const { scenario } = page.run.manifest;
  // A title that claims nothing names the scenario already.
  const subject = title.startsWith(scenario.title) ? '' : `*${escapeText(scenario.title)}.* `;
  const bullets = (grave: boolean): string | null =>
    caveats
      .filter((caveat) => caveat.grave === grave)
      .map(caveatLine)
      .join('\n');
  return blocks([
    `# ${escapeText(title)}`,
    `${subject}${escapeText(scenario.question)} The servers run on a host called Tom; the load generator ${loadText(page)} on a host called Jerry ${loopText(page)}. ${escapeText(serversText(scenario))}`.trimEnd(),
    ...answer.map((sentences) => escapeText(sentences.join(' '))),
    bullets(true),
    picture,
    bullets(false),
  ]);
}

/** When requests start. */
function loopText(page: PageAnalysis): string {
  const rate = rateOf(loadParams(page));
  const several = requestsText(page.grid) !== null;
  return rate === null
    ? `keeps a number of connections going at once: each is opened, carries ${several ? 'several short requests' : 'one short request'}, ${closeText(page)} and followed by the next`
    : `starts ${formatCount(rate)} requests per second at planned times, ${several ? 'several on each connection' : 'each on a connection of its own'}, which ${closeText(page)}; no more of them than a number of connections are open at once`;
}

/** Who ends a connection; a load without this option leaves it to the server. */
function closeText(page: PageAnalysis): string {
  const { close } = loadParams(page);
  if (close === 'client') return 'is closed by the client';
  if (close === 'reset') return 'is reset by the client';
  return 'is closed by the server';
}
