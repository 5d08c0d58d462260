/** What the hosts are joined by, as each of them names it. */
export const linkDevice = 'eth0';

/** The device that a forwarder between the hosts has in each of them, for as long as it runs. */
export const delayDevice = 'delay0';
