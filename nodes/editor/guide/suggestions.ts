/** What a guide suggests, the likeliest first, each with its reason and a button that takes it over. */
export interface Suggestion {
  /** What it is, in a few words: becomes part of the button's name. */
  title: string;
  /** What speaks for it, in plain words. */
  reason: string;
  /** Fills the dialog's fields. */
  take: () => void;
}

/**
 * Shows them in place of what the element holds. Everything as text: a server's words are not the editor's markup. The one
 * that was taken is marked; another one can be taken after it.
 *
 * @param use the buttons' text
 */
export function showSuggestions(element: JQuery, suggestions: readonly Suggestion[], use: string): void {
  element.empty();
  if (suggestions.length === 0) return;
  const list = $('<ol>', { class: 'nrhc-guide-suggestions' }).appendTo(element);
  for (const { title, reason, take } of suggestions) {
    const item = $('<li>').appendTo(list);
    const words = $('<span>').appendTo(item);
    $('<strong>').text(title).appendTo(words);
    $('<span>', { class: 'nrhc-note' }).text(reason).appendTo(words);
    $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small' })
      .attr({ 'aria-label': `${use}: ${title}`, 'aria-pressed': 'false' })
      .text(use)
      .on('click', (event) => {
        list.find('button').attr('aria-pressed', 'false');
        $(event.currentTarget).attr('aria-pressed', 'true');
        take();
      })
      .appendTo(item);
  }
}
