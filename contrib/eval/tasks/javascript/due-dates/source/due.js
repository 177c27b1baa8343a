// `node due.js YYYY-MM-DD MONTHS` prints the date that many months later, at most the last day of that month.
const [start, months] = process.argv.slice(2);
const [year, month, day] = start.split("-").map(Number);
const date = new Date(year, month + Number(months), day);
console.log(date.toISOString().slice(0, 10));
