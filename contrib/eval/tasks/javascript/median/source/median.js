// Prints the median of the numbers on the command line.
const numbers = process.argv.slice(2).map(Number).sort();
const middle = Math.floor(numbers.length / 2);
console.log(numbers.length % 2 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2);
