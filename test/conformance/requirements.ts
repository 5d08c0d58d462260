import { framing } from './framing.ts';
import type { Requirement } from './requirement.ts';
import { routing } from './routing.ts';
import { syntax } from './syntax.ts';

export const chapters: readonly { readonly title: string; readonly requirements: readonly Requirement[] }[] =
  [
    { title: 'Request line and fields', requirements: syntax },
    { title: 'Methods, targets, Host and conditions', requirements: routing },
    { title: 'Bodies and connections', requirements: framing },
  ];
