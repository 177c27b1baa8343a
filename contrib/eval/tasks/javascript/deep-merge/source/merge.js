const isPlain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// A new object: `over` laid over `base`, level by level. Lists are replaced.
function merge(base, over) {
  for (const [key, value] of Object.entries(over)) {
    if (isPlain(value)) {
      if (!isPlain(base[key])) base[key] = {};
      merge(base[key], value);
    } else {
      base[key] = value;
    }
  }
  return base;
}

module.exports = { merge };
