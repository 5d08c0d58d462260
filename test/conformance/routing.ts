import { cases, get, request, type Requirement } from './requirement.ts';

/** Methods, targets, Host and conditions: RFC 9112 §3.2, RFC 9110 chapters 4, 7, 9, 10, 13 and 14. */
export const routing: readonly Requirement[] = [
  {
    section: '9110 §9.1',
    level: 'MUST',
    text: 'GET and HEAD are supported.',
    cases: cases([200], { GET: get(), HEAD: request('HEAD / HTTP/1.1') }),
  },
  {
    section: '9110 §9.1',
    level: 'SHOULD',
    text: 'A method that the server does not know is answered with 501; methods are case-sensitive.',
    cases: cases([501], {
      'get in lower case': request('get / HTTP/1.1'),
      'Head in mixed case': request('Head / HTTP/1.1'),
      'a method of its own': request('BREW /pot HTTP/1.1'),
      'a method with a long name': request(`${'BREW'.repeat(200)} / HTTP/1.1`),
      'a method that starts like GET': request('GETS / HTTP/1.1'),
      'POST with a body': request('POST / HTTP/1.1', ['Content-Length: 4'], 'body'),
      'OPTIONS for the server': request('OPTIONS * HTTP/1.1'),
      TRACE: request('TRACE / HTTP/1.1'),
    }),
  },
  {
    section: '9110 §9.3.6',
    level: 'MUST',
    text: 'A CONNECT without a valid port is refused; the server here refuses each with 501.',
    cases: cases([501], {
      'CONNECT to a host and port': request('CONNECT tom:80 HTTP/1.1', ['Host: tom:80']),
      'CONNECT without a port': request('CONNECT tom HTTP/1.1'),
      'CONNECT to port 0': request('CONNECT tom:0 HTTP/1.1'),
    }),
  },
  {
    section: '9110 §9.3.1',
    level: 'MAY',
    text: 'A GET may have a body, which means nothing: it is read and dropped.',
    cases: cases([200], {
      'GET with a body': get(['Content-Length: 12'], 'twelve bytes'),
      'HEAD with a body': request('HEAD / HTTP/1.1', ['Content-Length: 12'], 'twelve bytes'),
    }),
  },
  {
    section: '9112 §3.2.1',
    level: 'defined',
    text: 'The usual form of a target is a path with an optional query.',
    cases: cases([200], {
      'a path': request('GET /a/b;c/%20/ HTTP/1.1'),
      'a query': request('GET /page?name=value&x=%20/? HTTP/1.1'),
      'a path that looks like a host': request('GET //jerry/ HTTP/1.1'),
    }),
  },
  {
    section: '9112 §3.2.2',
    level: 'MUST',
    text: 'An absolute target is accepted, and its host counts instead of the Host field.',
    cases: cases([200], {
      'an absolute target': request('GET http://tom/ HTTP/1.1'),
      'an absolute target with a port and no path': request('GET http://tom:11111 HTTP/1.1'),
      'an absolute target with a query and no path': request('GET http://tom?x HTTP/1.1'),
      'an absolute target with another Host': request('GET http://tom/ HTTP/1.1', ['Host: jerry']),
      'an absolute target with an IPv6 address': request('GET http://[::1]:80/ HTTP/1.1'),
      'a scheme in upper case': request('GET HTTP://tom/ HTTP/1.1'),
      'an absolute target in HTTP/1.0': 'HEAD http://tom/ HTTP/1.0\r\n\r\n',
    }),
  },
  {
    section: '9110 §4.2.1',
    level: 'MUST',
    text: 'An http URI without a host is invalid.',
    cases: cases([400], {
      'an absolute target without a host': request('GET http:/// HTTP/1.1'),
      'an absolute target with a port only': request('GET http://:80/ HTTP/1.1'),
      'an absolute target that ends after its slashes': request('GET http:// HTTP/1.1'),
    }),
  },
  {
    section: '9110 §4.2.4',
    level: 'SHOULD',
    text: 'User information in an http URI is an error.',
    cases: cases([400], { 'a user in an absolute target': request('GET http://user@tom/ HTTP/1.1') }),
  },
  {
    section: '9110 §7.4',
    level: 'MUST',
    text: 'An https resource is refused on a connection without TLS.',
    cases: cases([421], {
      'an https target': request('GET https://tom/ HTTP/1.1'),
      'an https target in upper case': request('GET HTTPS://tom HTTP/1.1'),
    }),
  },
  {
    section: '9112 §3.2',
    level: 'SHOULD',
    text: 'A target in a form that does not belong to GET or HEAD is answered with 400.',
    cases: cases([400], {
      'GET with an asterisk': request('GET * HTTP/1.1'),
      'GET with host and port': request('GET tom:80 HTTP/1.1'),
      'a target that is neither path nor URI': request('GET page HTTP/1.1'),
      'an empty target': request('GET  HTTP/1.1'),
      'a URI of another scheme': request('GET ftp://tom/ HTTP/1.1'),
      'an absolute target with an invalid port': request('GET http://tom:8x/ HTTP/1.1'),
    }),
  },
  {
    section: '9112 §3.2',
    level: 'MUST',
    text: 'HTTP/1.1 without Host is answered with 400. HTTP/1.0 does not need it.',
    cases: [
      ...cases([400], {
        'HTTP/1.1 without any field': 'GET / HTTP/1.1\r\n\r\n',
        'HTTP/1.1 with other fields only': 'GET / HTTP/1.1\r\nX-Host: tom\r\n\r\n',
        'an absolute target without Host': 'GET http://tom/ HTTP/1.1\r\n\r\n',
        'HEAD without Host': 'HEAD / HTTP/1.1\r\n\r\n',
      }),
      ...cases([200], {
        'HTTP/1.0 without any field': 'GET / HTTP/1.0\r\n\r\n',
        'what webbench sends': 'GET / HTTP/1.0\r\nUser-Agent: WebBench 1.5\r\nHost: 192.168.56.2\r\n\r\n',
      }),
    ],
  },
  {
    section: '9112 §3.2',
    level: 'MUST',
    text: 'More than one Host is answered with 400, in every version.',
    cases: cases([400], {
      'two Hosts': get(['Host: tom', 'Host: jerry']),
      'the same Host twice': get(['Host: tom', 'Host: tom']),
      'two Hosts in HTTP/1.0': 'GET / HTTP/1.0\r\nHost: tom\r\nHost: tom\r\n\r\n',
      'an empty Host and another': get(['Host:', 'Host: tom']),
    }),
  },
  {
    section: '9112 §3.2',
    level: 'MUST',
    text: 'A Host that is no host with an optional port is answered with 400. It may be empty.',
    cases: [
      ...cases([400], {
        'a Host with a blank': get(['Host: tom jerry']),
        'a list of Hosts': get(['Host: tom, jerry']),
        'a Host with a path': get(['Host: tom/']),
        'a Host with a user': get(['Host: user@tom']),
        'a Host that is a URI': get(['Host: http://tom']),
        'a port that is no number': get(['Host: tom:8x']),
        'two ports': get(['Host: tom:80:80']),
        'a percent sign that escapes nothing': get(['Host: %zz']),
        'half an escape': get(['Host: tom%4']),
        'a Host beyond ASCII': get(['Host: t\xf6m']),
        'an IPv6 address without brackets': get(['Host: ::1']),
        'an open bracket': get(['Host: [::1']),
        'an empty pair of brackets': get(['Host: []']),
        'a name in brackets': get(['Host: [tom]']),
        'an IPv6 address with two gaps': get(['Host: [1::2::3]']),
        'an IPv6 address of nine groups': get(['Host: [1:2:3:4:5:6:7:8:9]']),
        'an IPv6 address of seven groups': get(['Host: [1:2:3:4:5:6:7]']),
        'an IPv6 group of five digits': get(['Host: [::12345]']),
        'an IPv4 number over 255 within IPv6': get(['Host: [::1.2.3.256]']),
        'three numbers of IPv4 within IPv6': get(['Host: [::1.2.3]']),
        'something after the bracket': get(['Host: [::1]x']),
        'an invalid Host in HTTP/1.0': 'GET / HTTP/1.0\r\nHost: tom/\r\n\r\n',
      }),
      ...cases([200], {
        'an empty Host': get(['Host:']),
        'a Host with an empty port': get(['Host: tom:']),
        'a Host with escapes and signs': get(["Host: t%6Fm-_.~!$&'()*+;="]),
        'an IPv4 address': get(['Host: 192.168.56.2:11111']),
        'an IPv6 address': get(['Host: [2001:db8::7]:80']),
        'an IPv6 address of eight groups': get(['Host: [1:2:3:4:5:6:7:8]']),
        'an IPv6 address with IPv4 at its end': get(['Host: [::ffff:192.168.56.2]']),
        'an address of a future version': get(['Host: [v1f.a:b]']),
      }),
    ],
  },
  {
    section: '9110 §10.1.1',
    level: 'MUST',
    text: 'Who expects "100-continue" gets a final answer or 100 before the body is there. The servers have one answer a connection, so it is 417, after which a client sends again without asking.',
    cases: [
      ...cases([417], {
        'an expectation before a body': get(['Expect: 100-continue', 'Content-Length: 4']),
        'an expectation before chunks': get(['Expect: 100-Continue', 'Transfer-Encoding: chunked']),
        'an expectation with its body': get(['Expect: 100-continue', 'Content-Length: 4'], 'body'),
        'an expectation that nobody knows': get(['Expect: miracles', 'Content-Length: 4'], 'body'),
      }),
      ...cases([200], { 'an expectation without a body': get(['Expect: 100-continue']) }),
    ],
  },
  {
    section: '9110 §10.1.1',
    level: 'MUST',
    text: 'In HTTP/1.0 "100-continue" is ignored.',
    cases: cases([200], {
      'an expectation in HTTP/1.0': 'GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody',
    }),
  },
  {
    section: '9110 §7.8',
    level: 'MUST',
    text: 'Upgrade is ignored in HTTP/1.0, and may be ignored in HTTP/1.1.',
    cases: cases([200], {
      'an upgrade in HTTP/1.0': 'GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      'an upgrade to HTTP/2': get(['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c']),
    }),
  },
  {
    section: '9110 §13.1.1',
    level: 'MUST',
    text: 'If-Match is false unless it is "*" or names the entity tag. There is none, so a list is answered with 412.',
    cases: [
      ...cases([412], { 'If-Match with a tag': get(['If-Match: "a", "b"']) }),
      ...cases([200], { 'If-Match with an asterisk': get(['If-Match: *']) }),
    ],
  },
  {
    section: '9110 §13.1.2',
    level: 'MUST',
    text: 'If-None-Match is false if it is "*", which is answered with 304; a list names no tag that is there.',
    cases: [
      ...cases([304], {
        'If-None-Match with an asterisk': get(['If-None-Match: *']),
        'If-None-Match with an asterisk for HEAD': request('HEAD / HTTP/1.1', ['If-None-Match:\t* ']),
      }),
      ...cases([200], { 'If-None-Match with tags': get(['If-None-Match: "a", W/"*"']) }),
    ],
  },
  {
    section: '9110 §13.1.3',
    level: 'MUST',
    text: 'Conditions on the time of a change are ignored where none is known (§13.1.3, §13.1.4).',
    cases: cases([200], {
      'If-Modified-Since': get(['If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT']),
      'If-Unmodified-Since': get(['If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT']),
    }),
  },
  {
    section: '9110 §13.2.1',
    level: 'MUST',
    text: 'A condition is ignored if the request would fail without it too.',
    cases: [
      ...cases([400], { 'If-None-Match without Host': 'GET / HTTP/1.1\r\nIf-None-Match: *\r\n\r\n' }),
      ...cases([501], { 'If-Match for POST': request('POST / HTTP/1.1', ['If-Match: "a"']) }),
    ],
  },
  {
    section: '9110 §14.2',
    level: 'MUST',
    text: 'Range is ignored with units that are not understood; here with all.',
    cases: cases([200], {
      'a range of bytes': get(['Range: bytes=0-3']),
      'a range of lines, with a condition': get(['Range: lines=1-2', 'If-Range: "a"']),
    }),
  },
];
