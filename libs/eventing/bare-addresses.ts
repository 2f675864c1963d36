/** Addresses without the names and passwords in them, for messages: several with commas, each with its scheme or not. */
export const bareAddresses = (addresses: string): string =>
  addresses
    .split(',')
    .map((address) => address.trim().replace(/^([a-z][a-z+]*:\/\/)?.*@/is, '$1'))
    .join(',');
