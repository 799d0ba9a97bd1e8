/** Shows under a field what is wrong with it, for the eye and for a screen reader; nothing when all is well. */
export function showProblem(row: JQuery, field: JQuery, id: string, problem: string | undefined): void {
  let place = row.children(`[id="${id}"]`);
  field.toggleClass('input-error', problem !== undefined).attr('aria-invalid', String(problem !== undefined));
  if (!problem) {
    place.remove();
    return;
  }
  if (place.length === 0) place = $('<div>', { id, class: 'nrhc-problem', role: 'alert' }).appendTo(row);
  if (place.text() !== problem) place.text(problem);
}
