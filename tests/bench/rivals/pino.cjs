// @pinojs/redact, the redactor of the logger pino: the key names that people list, on four levels.
'use strict'

const redactor = require('@pinojs/redact')

const KEYS = [
  'password', 'passwd', 'pwd', 'secret', 'token', 'accessToken', 'access_token', 'refreshToken',
  'refresh_token', 'apiKey', 'api_key', 'authorization', 'cookie', 'privateKey', 'private_key',
  'clientSecret', 'client_secret', 'credentials', 'email', 'phone', 'ssn', 'creditCard'
]
const LEVELS = ['', '*.', '*.*.', '*.*.*.']
const RUNS = 3

const paths = LEVELS.flatMap((level) => KEYS.map((key) => level + key))
const redact = redactor({ paths, serialize: false })
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)

for (const line of lines) {
  const { id, input } = JSON.parse(line)
  let output = input
  let ms = Infinity
  for (let run = 0; run < RUNS; run++) {
    const start = process.hrtime.bigint()
    // It refuses what is no object, and no path could lead there.
    output = input !== null && typeof input === 'object' ? redact(input) : input
    ms = Math.min(ms, Number(process.hrtime.bigint() - start) / 1e6)
  }
  process.stdout.write(JSON.stringify({ id, output, ms }) + '\n')
}
