// A js-libp2p peer of a CHORUS cluster, driven by JSON lines on stdin, answering by JSON lines on stdout.
// It knows the cluster's key of the wire, dials a node, pings it, and speaks on its topics.
import { createInterface } from 'node:readline'

import './with-resolvers.mjs'

import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const LIMIT_MS = 20_000
const text = new TextEncoder()
const psk = text.encode(`/key/swarm/psk/1.0.0/\n/base16/\n${process.argv[2]}`)

const node = await createLibp2p({
  addresses: { listen: [] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  connectionProtector: preSharedKey({ psk }),
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    ping: ping(),
    // Messages without a signature, or with a wrong one, are dropped before they get here.
    pubsub: gossipsub({ globalSignaturePolicy: 'StrictSign', allowPublishToZeroTopicPeers: false })
  }
})
const { ping: pings, pubsub } = node.services
const say = (object) => console.log(JSON.stringify(object))

pubsub.addEventListener('message', ({ detail }) => {
  say({ event: 'message', topic: detail.topic, type: detail.type, from: String(detail.from), data: new TextDecoder().decode(detail.data) })
})

const answers = {
  dial: async ({ address }) => {
    const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(LIMIT_MS) })
    return { peer: String(connection.remotePeer), encryption: connection.encryption, muxer: connection.multiplexer }
  },
  ping: async ({ address }) => ({ ms: await pings.ping(multiaddr(address), { signal: AbortSignal.timeout(LIMIT_MS) }) }),
  subscribe: async ({ topic }) => { pubsub.subscribe(topic); return {} },
  subscribers: async ({ topic }) => ({ peers: pubsub.getSubscribers(topic).map(String) }),
  publish: async ({ topic, data }) => ({ recipients: (await pubsub.publish(topic, text.encode(data))).recipients.map(String) })
}

say({ event: 'up', peer: String(node.peerId) })
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  try {
    say({ event: asked.do, ...await answers[asked.do](asked) })
  } catch (error) {
    say({ event: 'error', do: asked.do, error: String(error) })
  }
}
await node.stop()
