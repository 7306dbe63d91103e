import { z } from 'zod';
import { E164 } from '../../shared/party.ts';

export const PhoneNumber: z.ZodType<string> = z
  .string()
  .regex(E164, 'write numbers in E.164: "+", country code, digits');

/** Accepts URLs of these schemes, without user, password or fragment. */
export function url(...schemes: readonly string[]): z.ZodType<string> {
  return z.string().refine(
    (text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, username, password, hash } = new URL(text);
      return schemes.includes(protocol) && username === '' && password === '' && hash === '';
    },
    `must be a URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  );
}
