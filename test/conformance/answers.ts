/** What every answer must be like, whatever the request was. */
export interface AnswerRule {
  readonly section: string;
  readonly text: string;
  /** What is wrong with the answer, or null. */
  readonly fault: (answer: Answer, request: string) => string | null;
}

export interface Answer {
  readonly statusLine: string;
  readonly code: number;
  /** Lower-case names with their values. */
  readonly fields: readonly (readonly [string, string])[];
  readonly head: string;
  readonly body: string;
}

export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end + 4);
  const [statusLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  return {
    statusLine,
    code: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]),
    fields: lines.map((line) => {
      const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      return [name.toLowerCase(), value] as const;
    }),
    head,
    body: text.slice(head.length),
  };
}

const valuesOf = ({ fields }: Answer, name: string): string[] =>
  fields.filter(([candidate]) => candidate === name).map(([, value]) => value);

const isHead = (request: string): boolean => /^(?:\r?\n)*HEAD /.test(request);
const hasNoBody = ({ code }: Answer, request: string): boolean => code === 304 || isHead(request);

export const answerRules: readonly AnswerRule[] = [
  {
    section: '9112 §4',
    text: 'The status line names version, code and reason, with a space between code and reason.',
    fault: ({ statusLine }) => (/^HTTP\/1\.1 \d{3} [\t\x20-\x7e]*$/.test(statusLine) ? null : statusLine),
  },
  {
    section: '9112 §2.2',
    text: 'No carriage return stands without its line feed, and each line ends with both.',
    fault: ({ head }) =>
      head.endsWith('\r\n\r\n') && !/[\r\n]/.test(head.replaceAll('\r\n', '')) ? null : JSON.stringify(head),
  },
  {
    section: '9110 §5.5',
    text: 'Fields keep to their grammar: a token, a colon, and a value without control characters.',
    fault: ({ fields }) => {
      const wrong = fields.find(
        ([name, value]) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value),
      );
      return wrong === undefined ? null : wrong.join(': ');
    },
  },
  {
    section: '9112 §9.3',
    text: 'A server without persistent connections, as these are unless told otherwise, sends "close" with every final answer.',
    fault: (answer) =>
      valuesOf(answer, 'connection').join() === 'close' ? null : valuesOf(answer, 'connection').join(),
  },
  {
    section: '9110 §8.6',
    text: 'Content-Length is the number of bytes of the body, or for HEAD that of the body that GET would get.',
    fault: (answer, request) => {
      const lengths = valuesOf(answer, 'content-length');
      if (answer.code === 304) return lengths.length === 0 ? null : 'a length in a 304';
      if (lengths.length !== 1 || !/^\d+$/.test(lengths[0]!)) return `lengths: ${lengths.join()}`;
      if (isHead(request)) return null;
      return Number(lengths[0]) === answer.body.length
        ? null
        : `${lengths[0]} for ${answer.body.length} bytes`;
    },
  },
  {
    section: '9110 §9.3.2',
    text: 'The answer to HEAD has no body, and neither has a 304 (9110 §15.4.5).',
    fault: (answer, request) => (hasNoBody(answer, request) && answer.body !== '' ? answer.body : null),
  },
  {
    section: '9112 §6.1',
    text: 'No Transfer-Encoding is sent, which an HTTP/1.0 client could not read.',
    fault: (answer) => (valuesOf(answer, 'transfer-encoding').length > 0 ? 'Transfer-Encoding' : null),
  },
  {
    section: '9110 §15.2',
    text: 'No 1xx is sent, which an HTTP/1.0 client does not know.',
    fault: ({ code }) => (code >= 200 ? null : `status ${code}`),
  },
  {
    section: '9110 §6.6.1',
    text: 'No Date is sent that could be wrong: see the deviations.',
    fault: (answer) => (valuesOf(answer, 'date').length === 0 ? null : 'a Date'),
  },
];
