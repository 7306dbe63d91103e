export const SPLIT = '+15557350002';
export const OWN = '+15557350003';
export const TWILIO_ONLY = '+15557350004';
export const HOTLINE = '+15557350005';
export const NOBODYS = '+15557359999';

export const agent = (more = ''): string =>
  `websocket_auth = "token"\nbots = ["ws://127.0.0.1:9/ws"]\n${more}`;

export const ROUTES: string = `
unknown_number = [{ say = "There is nobody at this number." }]
[[routes]]
name = "canary"
numbers = ["15557350002"]
agents = [{ agent = "support", percent = 70 }, { agent = "next", percent = 30 }]
[[routes]]
numbers = ["${TWILIO_ONLY}", "${OWN}"]
provider = "twilio"
agents = [{ agent = "next" }]
[[routes]]
name = "hot"
numbers = ["${HOTLINE}"]
paths = ["hotline"]
agents = [{ agent = "desk.other" }]
[[organizations]]
name = "other"
[[organizations.agents]]
agent_name = "desk"
${agent()}
`;
