// js-libp2p 3 is made for Node 22; of what that has and Node 20 has not, it needs this one function.
Promise.withResolvers ??= function () {
  const made = {}
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}
