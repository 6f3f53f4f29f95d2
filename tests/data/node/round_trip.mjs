// A page of a project, with Supabase's own client: submits a job, sees its progress and its result.
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

const [url, key, token, team, robot, workflow] = process.argv.slice(2)
const client = createClient(url, key, {
  accessToken: async () => token,
  realtime: { transport: ws },
})
const seen = []
const tell = (what) => console.log(JSON.stringify(what))

const submitted = async () => {
  const { data, error } = await client.rpc('casare_robot_submit', {
    team,
    work: { workflow: JSON.parse(workflow), variables: { name: 'Ada' } },
  })
  if (error) throw new Error(JSON.stringify(error))
  return data
}

const ended = async (job) => {
  for (;;) {
    const { data, error } = await client.rpc('casare_robot_job', { team, job })
    if (error) throw new Error(JSON.stringify(error))
    if (data.status !== 'running') return data
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

await client.realtime.setAuth(token)
const there = client.channel(`group:${team}`, { config: { private: true, presence: { key: 'page' } } })
const here = new Promise((resolve) => {
  there.on('presence', { event: 'sync' }, () => {
    if (!there.presenceState()[robot]) return
    seen.push('presence')
    resolve()
  })
})
there.subscribe()
const channel = client.channel(`robot:${robot}`, { config: { private: true } })
channel.on('broadcast', { event: '*' }, async ({ event, payload }) => {
  seen.push(event)
  if (event !== 'job_completed') return
  const data = await ended(payload.job_id) // the event only rings: the row is the truth
  tell({ job: payload.job_id, status: payload.status, row: data, seen })
  await client.removeAllChannels()
  process.exit(0)
})
channel.subscribe(async (state, error) => {
  if (state === 'SUBSCRIBED') {
    await here // a job may end sooner than the robot is seen
    tell({ submitted: await submitted() })
  }
  if (state === 'CHANNEL_ERROR') tell({ state, error: String(error) })
})
setTimeout(() => { tell({ seen }); process.exit(1) }, 100_000)
