/** Where the server listens on hosts that have a network of their own: the seed experiment's port. */
export const serverPort = 11111;

/** What the hosts are joined by, as each of them names it. */
export const linkDevice = 'eth0';

/** The device that a forwarder between the hosts has in each of them, for as long as it runs. */
export const delayDevice = 'delay0';
