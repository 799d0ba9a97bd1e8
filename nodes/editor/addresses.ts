/** Entries between commas, blanks or line breaks. */
export function entriesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** The first entry that is neither an address nor a CIDR range, of either family. */
export function wrongAddress(text: string): string | undefined {
  return entriesOf(text).find((entry) => {
    const [, address, bits = '0'] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    if (address === undefined) return true;
    const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
    if (v4) return v4.slice(1).some((part) => Number(part) > 255 || /^0\d/.test(part)) || Number(bits) > 32;
    return !address.includes(':') || !URL.canParse(`http://[${address}]`) || Number(bits) > 128;
  });
}
