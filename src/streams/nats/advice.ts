/** What a person does about a server that cannot be reached. */
export const unreachableAdvice =
  'check that nats-server runs there, and the url, the credentials and the firewall on the way';
