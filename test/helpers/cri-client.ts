// Owns speaking to containerd as Kubernetes' kubelet does: calls of the Container Runtime Interface, which are gRPC on a
// socket. It knows the few messages that tests need, by their field numbers in the interface's api.proto.

import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A protobuf message: field number to value; a list is a repeated field. */
export interface Message {
  readonly [field: number]: string | number | Message | readonly string[]
}

/** A decoded message: field number to its last value; bytes may be a text or a message. */
export type Fields = ReadonlyMap<number, Buffer | number>

function encodeVarint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

function encodeField(field: number, value: string | number | Message): Buffer[] {
  if (typeof value === 'number') return [encodeVarint(field << 3), encodeVarint(value)]
  const content = typeof value === 'string' ? Buffer.from(value) : encodeMessage(value)
  return [encodeVarint((field << 3) | 2), encodeVarint(content.length), content]
}

function encodeMessage(message: Message): Buffer {
  const parts = Object.entries(message).flatMap(([field, value]) => {
    const values: readonly (string | number | Message)[] = Array.isArray(value) ? value : [value]
    return values.flatMap((one) => encodeField(Number(field), one))
  })
  return Buffer.concat(parts)
}

function decodeMessage(bytes: Buffer): Fields {
  const fields = new Map<number, Buffer | number>()
  let at = 0
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const value = varint()
    if ((key & 7) === 0) fields.set(key >> 3, value)
    else {
      assert.equal(key & 7, 2, 'a wire type that these messages do not have')
      fields.set(key >> 3, bytes.subarray(at, at + value))
      at += value
    }
  }
  return fields
}

/** Makes one call and decodes its answer; an error of the other side is thrown with its words. */
export async function callCri(socketPath: string, method: string, request: Message): Promise<Fields> {
  const session = connectHttp2('http://localhost', { createConnection: () => connectSocket(socketPath) })
  try {
    const path = `/runtime.v1.RuntimeService/${method}`
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request(headers)
    const status: { code?: string; message?: string } = {}
    const note = (sent: { readonly [name: string]: unknown }): void => {
      if (sent['grpc-status'] === undefined) return
      status.code = String(sent['grpc-status'])
      status.message = decodeURIComponent(String(sent['grpc-message'] ?? ''))
    }
    stream.on('response', note)
    stream.on('trailers', note)
    const content = encodeMessage(request)
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(content.length, 1)
    stream.end(Buffer.concat([prefix, content]))
    const answer = await buffer(stream)
    assert.equal(status.code, '0', `${method}: ${status.message}`)
    return decodeMessage(answer.subarray(5))
  } finally {
    session.close()
  }
}
