/** Pages are counted from 1, skipped records from 0: the first number follows the kind until another was typed. */
export function startWithKind(): () => void {
  const kind = $('#nrhc-paging-kind');
  const start = $('#nrhc-paging-start');
  let before = kind.val();
  return () => {
    if (kind.val() === before) return;
    before = kind.val();
    const [wrong, right] = before === 'offset' ? ['1', '0'] : ['0', '1'];
    if (start.val() === wrong && (before === 'offset' || before === 'page-number')) start.val(right);
  };
}
