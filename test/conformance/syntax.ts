import { cases, get, getWithHeadOf, request, type Requirement } from './requirement.ts';

/** Request line and fields: RFC 9112 chapters 2, 3 and 5, RFC 9110 chapters 5 and 9. */
export const syntax: readonly Requirement[] = [
  {
    section: '9112 §2.2',
    level: 'MUST',
    text: 'A message is read as bytes of a superset of US-ASCII: bytes beyond ASCII are data, not characters.',
    cases: cases([200], {
      'a field value of UTF-8': get(['X-Name: sch\xc3\xb6n']),
      'a field value that is no valid UTF-8': get(['X-Name: \xff\xfe\x80']),
    }),
  },
  {
    section: '9112 §2.2',
    level: 'MAY',
    text: 'A line may end with a line feed alone.',
    cases: cases([200], { 'bare line feeds': 'GET / HTTP/1.1\nHost: tom\n\n' }),
  },
  {
    section: '9112 §2.2',
    level: 'MUST',
    text: 'A carriage return without a line feed makes an element invalid, or is taken for a space.',
    cases: cases([400], {
      'a carriage return within the request line': 'GET /\r HTTP/1.1\r\nHost: tom\r\n\r\n',
      'a carriage return after the version': 'GET / HTTP/1.1\rHost: tom\r\n\r\n',
      'a carriage return within a name': get(['X-\rName: value']),
      'a carriage return within a value': get(['X-Name: a\rb']),
      'two carriage returns at the end of a line': 'GET / HTTP/1.1\r\r\nHost: tom\r\n\r\n',
      'a carriage return at the end of the head': 'GET / HTTP/1.1\r\nHost: tom\r\n\rX: y\r\n\r\n',
    }),
  },
  {
    section: '9112 §2.2',
    level: 'SHOULD',
    text: 'At least one empty line before the request line is ignored.',
    cases: cases([200], { 'empty lines before the request': `\r\n\r\n${get()}` }),
  },
  {
    section: '9112 §2.2',
    level: 'MUST',
    text: 'White space between the request line and the first field: the message is refused, or the line is dropped.',
    cases: cases([400], {
      'a blank before the first field': 'GET / HTTP/1.1\r\n Host: tom\r\n\r\n',
      'a tab before the first field': 'GET / HTTP/1.1\r\n\tX-Name: value\r\nHost: tom\r\n\r\n',
      'a line of a blank only': 'GET / HTTP/1.1\r\n \r\nHost: tom\r\n\r\n',
    }),
  },
  {
    section: '9112 §2.2',
    level: 'SHOULD',
    text: 'What does not match the grammar of a message is answered with 400, and the connection is closed.',
    cases: cases([400], {
      'no HTTP at all': 'hello there\r\n\r\n',
      'the start of TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'a zero byte first': '\0GET / HTTP/1.1\r\n\r\n',
      'a blank before the method': ` ${get()}`,
      'a field without a colon': get(['X-Name']),
      'a field without a name': get([': value']),
      'a name with a bracket': get(['X-(Name): value']),
    }),
  },
  {
    section: '9112 §2.3',
    level: 'defined',
    text: 'The name of the protocol is case-sensitive; a version is one digit, a dot, one digit.',
    cases: cases([400], {
      'a lower-case protocol': request('GET / http/1.1'),
      'a protocol in mixed case': request('GET / Http/1.1'),
      'another protocol': request('GET / HTCPCP/1.0'),
      'a version without its minor': request('GET / HTTP/1'),
      'a version of two digits': request('GET / HTTP/1.10'),
      'a version with a comma': request('GET / HTTP/1,1'),
      'a blank after the version': request('GET / HTTP/1.1 '),
    }),
  },
  {
    section: '9110 §2.5',
    level: 'SHOULD',
    text: 'A later minor version of HTTP/1 is handled as the latest one known.',
    cases: cases([200], { 'version 1.7': request('GET / HTTP/1.7') }),
  },
  {
    section: '9110 §15.6.6',
    level: 'MAY',
    text: 'A major version that the server does not speak is answered with 505.',
    cases: cases([505], {
      'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'GET in version 2.0': request('GET / HTTP/2.0'),
      'version 3.0': request('GET / HTTP/3.0'),
      'version 0.9': request('GET / HTTP/0.9'),
    }),
  },
  {
    section: '9112 §3',
    level: 'SHOULD',
    text: 'An invalid request line is answered with 400.',
    cases: cases([400], {
      'no version': 'GET /\r\n\r\n',
      'an empty method': ' / HTTP/1.1\r\n\r\n',
      'a method that is no token': request('GE@T / HTTP/1.1'),
      'two blanks before the target': request('GET  / HTTP/1.1'),
      'two blanks after the target': request('GET /  HTTP/1.1'),
      'a tab in the request line': request('GET\t/ HTTP/1.1'),
      'a blank within the target': request('GET /a b HTTP/1.1'),
      'a control character in the target': request('GET /\x01 HTTP/1.1'),
      'a zero byte in the target': request('GET /\0 HTTP/1.1'),
      'a target beyond ASCII': request('GET /sch\xf6n HTTP/1.1'),
    }),
  },
  {
    section: '9112 §3.2',
    level: 'defined',
    text: 'Path and query of a target hold what RFC 3986 lets a URI hold; anything else is escaped as %XX.',
    cases: [
      ...cases([200], {
        'all that a path and a query may hold': request(
          "GET /aZ09-._~!$&'()*+,;=:@//%2f%E9?/?:@%00 HTTP/1.1",
        ),
        'an absolute target with an escape': request('GET http://tom/%7Ea?b=%20c HTTP/1.1'),
      }),
      ...cases(
        [400],
        Object.fromEntries([
          ...['#', '"', '<', '>', '\\', '^', '`', '{', '|', '}', '[', ']'].map((byte) => [
            `a ${byte} in the path`,
            request(`GET /a${byte}b HTTP/1.1`),
          ]),
          ['a fragment after a query', request('GET /?a#b HTTP/1.1')],
          ['a bracket in the query', request('GET /?a[0]=b HTTP/1.1')],
          ['a brace in an absolute target', request('GET http://tom/{a} HTTP/1.1')],
          ['an escape that is not hexadecimal', request('GET /%zz HTTP/1.1')],
          ['an escape of one digit', request('GET /%4 HTTP/1.1')],
          ['an escape whose second digit is none', request('GET /%4g HTTP/1.1')],
          ['a percent sign at the end', request('GET /% HTTP/1.1')],
          ['a percent sign in the query', request('GET /?100% HTTP/1.1')],
        ]),
      ),
    ],
  },
  {
    section: '9112 §3',
    level: 'MUST',
    text: 'A target longer than the server reads (8 KiB with all of the head) is answered with 414.',
    cases: cases([414], {
      'a target over 8 KiB': request(`GET /${'a'.repeat(8192)} HTTP/1.1`),
      'a target that never ends': `GET /${'a'.repeat(20_000)}`,
      'an absolute target over 8 KiB': request(`GET http://tom/${'a'.repeat(8192)} HTTP/1.1`),
    }),
  },
  {
    section: '9112 §3',
    level: 'SHOULD',
    text: 'A request line of 8000 bytes is supported.',
    cases: cases([200], { 'a request line of 8000 bytes': request(`GET /${'a'.repeat(7986)} HTTP/1.1`) }),
  },
  {
    section: '9110 §5.4',
    level: 'MUST',
    text: 'Fields larger than the server reads (8 KiB with the request line) are answered with a 4xx: here 431.',
    cases: [
      ...cases([200], { 'the largest head': getWithHeadOf(8192) }),
      ...cases([431], {
        'a head one byte over 8 KiB': getWithHeadOf(8193),
        'a head of 50 KB': getWithHeadOf(50_000),
        'a name over 8 KiB': get([`${'X'.repeat(8192)}: y`]),
        'two thousand small fields': get(Array<string>(2000).fill('X-A: b')),
        'a field that never ends': `GET / HTTP/1.1\r\nHost: tom\r\nX: ${'y'.repeat(20_000)}`,
        'empty lines that never end': '\r\n'.repeat(5000),
      }),
    ],
  },
  {
    section: '9112 §5.1',
    level: 'MUST',
    text: 'White space between the name of a field and its colon is answered with 400.',
    cases: cases([400], {
      'a blank before the colon': get(['X-Name : value']),
      'a tab before the colon': get(['X-Name\t: value']),
      'a blank before the colon of Host': 'GET / HTTP/1.1\r\nHost : tom\r\n\r\n',
    }),
  },
  {
    section: '9110 §5.5',
    level: 'MUST',
    text: 'White space around a value does not belong to it.',
    cases: cases([200], {
      'values padded with blanks and tabs':
        'GET / HTTP/1.1\r\nHost: \t tom:80 \t\r\nContent-Length:\t 2 \r\n\r\nab',
      'no blank after the colon': 'GET / HTTP/1.1\r\nHost:tom\r\n\r\n',
    }),
  },
  {
    section: '9112 §5.2',
    level: 'MUST',
    text: 'A folded field is refused with 400, or each fold is taken for spaces.',
    cases: cases([400], {
      'a field folded with a blank': get(['X-Name: value', ' continued']),
      'a field folded with a tab': get(['X-Name: value', '\tcontinued']),
      'a folded Content-Length': get(['Content-Length:', ' 0']),
    }),
  },
  {
    section: '9110 §5.1',
    level: 'defined',
    text: 'Names of fields are compared without regard to case.',
    cases: [
      ...cases([200], { 'fields in any case': 'GET / HTTP/1.1\r\nhOST: tom\r\ncontent-LENGTH: 1\r\n\r\na' }),
      ...cases([400], { 'two Hosts in different case': get(['Host: tom', 'HOST: tom']) }),
    ],
  },
  {
    section: '9110 §5.1',
    level: 'SHOULD',
    text: 'Fields that the server does not know are ignored.',
    cases: cases([200], {
      'a field that nobody knows': get(['X-Unknown: value', 'X-Unknown: again']),
      'a field with a long name': get([`X-${'Name'.repeat(200)}: value`]),
      'an empty value': get(['X-Empty:']),
    }),
  },
  {
    section: '9110 §5.5',
    level: 'MUST',
    text: 'A CR, LF or NUL within a value is refused, or taken for a space.',
    cases: cases([400], {
      'a zero byte in a value': get(['X-Name: a\0b']),
      'a zero byte in Host': get(['Host: to\0m']),
      'another control character in a value': get(['X-Name: a\x07b']),
      'a delete character in a value': get(['X-Name: a\x7fb']),
    }),
  },
];
