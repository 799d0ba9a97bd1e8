/** @param classes beside Node-RED's own */
export function button(label: string, press: () => void, classes = ''): JQuery {
  return $('<button>', { type: 'button', class: `red-ui-button ${classes}`.trim() })
    .text(label)
    .on('click', press);
}

/** @param name of Font Awesome */
export function icon(name: string): JQuery {
  return $('<i>', { class: `fa ${name}`, 'aria-hidden': 'true' });
}
