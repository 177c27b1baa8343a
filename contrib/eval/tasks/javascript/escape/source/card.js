// Prints the HTML of a card for the name and the note given as arguments.
const [name, note] = process.argv.slice(2);

function escaped(text) {
  return text
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("&", "&amp;");
}

console.log(`<article title="${escaped(name)}"><p>${escaped(note)}</p></article>`);
