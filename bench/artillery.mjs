// What a scenario of Artillery cannot say itself (artillery.yml).

// next is a participant's next vote: now for the one option, now for the other.
function next(vars) {
  vars.n = (vars.n ?? 0) + 1;
  return { activity: Number(vars.activity), choice: [vars.n % 2], n: vars.n };
}

// vote is the body of a vote over HTTP.
export function vote(request, context, events, done) {
  request.json = next(context.vars);
  return done();
}

// frame is a vote over the websocket.
export function frame(context, events, done) {
  const entry = next(context.vars);
  context.vars.frame = { t: "entry", ref: String(entry.n), ...entry };
  return done();
}

// dial joins, for the websocket's engine makes no requests, and opens the phone's
// socket.
export function dial(params, context, done) {
  const { target, code } = context.vars;
  fetch(`${target}/api/v1/events/${code}/participants`, { method: "POST" })
    .then((answer) => {
      if (answer.status !== 201) throw new Error(`join: ${answer.status}`);
      return answer.json();
    })
    .then(({ token }) => {
      params.target = `${target.replace(/^http/, "ws")}/${code}/ws?view=phone`;
      params.options = { ...params.options, headers: { Authorization: `Bearer ${token}` } };
      params.subprotocols = ["drumroll.v1"];
      done();
    })
    .catch(done);
}
