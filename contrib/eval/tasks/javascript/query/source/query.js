// Prints a query string as JSON: { key: [values] }. What is no valid escape is kept as it is.
const found = {};
for (const part of process.argv[2].split("&")) {
  const [key, value] = part.split("=");
  found[decodeURIComponent(key)] = [decodeURIComponent(value)];
}
console.log(JSON.stringify(found));
