import { markdownTable } from 'markdown-table';
import { format, resolveConfig } from 'prettier';
import { answerRules } from '../../test/conformance/answers.ts';
import { persistence } from '../../test/conformance/persistence.ts';
import type { Case, Requirement } from '../../test/conformance/requirement.ts';
import { chapters } from '../../test/conformance/requirements.ts';
import { deviations, notApplicable, type Standing } from '../../test/conformance/standing.ts';

export const conformancePagePath = 'docs/http-conformance.md';

/** The page that says which requirements of HTTP the servers meet, and how that is tested. */
export async function conformancePage(): Promise<string> {
  const count = chapters.flatMap(({ requirements }) => requirements).flatMap(({ cases }) => cases).length;
  const text = [
    '# How the servers keep to HTTP',
    '<!-- Written by `npm run conformance` from test/conformance. -->',
    'What RFC 9110 (HTTP semantics) and RFC 9112 (HTTP/1.1) ask of a server of GET and HEAD, in our own words, and the ' +
      `${count} requests that show how each server answers. \`test/servers/conformance.test.ts\` sends each of them ` +
      'at once and in pieces, down to single bytes, to each server in both builds, and an ordinary request after ' +
      'each, which must be served. The requests themselves are in `test/conformance/`.',
    'The sink is exempt: it is there to measure load generators with, and gives whatever starts with GET and ' +
      'ends with an empty line the same answer.',
    'A level of "defined" means that the requirement follows from a grammar or a definition, "none" that no RFC asks ' +
      'for it. "Closed" stands for a connection that is closed without an answer.',
    ...chapters.flatMap(({ title, requirements }) => [`## ${title}`, requirementTable(requirements)]),
    '## Every answer',
    'These hold for the answer to each of the requests above.',
    table(
      ['RFC', 'Requirement'],
      answerRules.map(({ section, text }) => [section, text]),
    ),
    '## Several requests on a connection',
    'Persistent connections are optional, and short ones are what is measured by default. With ' +
      '`--requests-per-connection N` a server answers up to N requests on each connection, with 0 any number. ' +
      '`test/servers/persistence.test.ts` shows for each server, the sink included, that these hold then.',
    table(
      ['RFC', 'Level', 'Requirement'],
      persistence.map(({ section, level, text }) => [section, level, text]),
    ),
    '## Known deviations',
    standingTable(deviations, 'Why it is not met'),
    '## What asks nothing of these servers',
    standingTable(notApplicable, 'Why'),
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(conformancePagePath)), parser: 'markdown' });
}

function requirementTable(requirements: readonly Requirement[]): string {
  return table(
    ['RFC', 'Level', 'Requirement', 'Requests and their answers'],
    requirements.map(({ section, level, text, cases }) => [section, level, text, outcomes(cases)]),
  );
}

/** `400: this, that<br>200: another`. */
function outcomes(cases: readonly Case[]): string {
  const names = new Map<string, string[]>();
  for (const { name, answer } of cases) {
    const outcome = answer === 'none' ? 'closed' : answer.join(' or ');
    names.set(outcome, [...(names.get(outcome) ?? []), name]);
  }
  return [...names].map(([outcome, list]) => `${outcome}: ${list.join('; ')}`).join('<br>');
}

function standingTable(standings: readonly Standing[], why: string): string {
  return table(
    ['RFC', 'Requirement', why],
    standings.map((standing) => [standing.section, standing.text, standing.why]),
  );
}

const table = (header: string[], rows: string[][]): string =>
  markdownTable([header, ...rows.map((row) => row.map((cell) => cell.replaceAll('*', String.raw`\*`)))]);
