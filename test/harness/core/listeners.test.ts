import { describe, expect, it } from 'vitest';
import { parseListeners } from '../../../harness/core/listeners.ts';

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const rest = ' 00000000:00000000 00:00000000 00000000     0        0 27040 1 0000000000000000 100 0 0 10 0\n';

describe('parseListeners', () => {
  it('reads addresses and ports of sockets that listen, and of no others', () => {
    const text = `${header}   0: 0100007F:2B67 00000000:0000 0A${rest}   1: 00000000:0050 00000000:0000 0A${rest}   2: 0238A8C0:2B67 0338A8C0:C000 01${rest}`;
    expect(parseListeners(text)).toEqual([
      { address: '127.0.0.1', port: 11111 },
      { address: '0.0.0.0', port: 80 },
    ]);
  });

  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000001000000', '::1'],
    ['0000000000000000FFFF00000238A8C0', '192.168.56.2'],
    ['000080FE00000000FF005450B6AD1DFE', 'fe80:0:0:0:5054:ff:fe1d:adb6'],
  ])('reads the IPv6 address %s', (hex, address) => {
    const text = `${header}   0: ${hex}:1F90 00000000000000000000000000000000:0000 0A${rest}`;
    expect(parseListeners(text)).toEqual([{ address, port: 8080 }]);
  });
});
