import { fileOf, stemOf, variablesOf, type Export, type Target } from './targets.ts';

/** Five steps from this folder to a number that rings. `bytes`: size of the handler. */
export function readmeOf(given: Export, version: string, bytes: number): string {
  const { module, settings } = given;
  const agent = settings['HOOKSWITCH_AGENT'];
  const steps = [keys(given), ...ways[given.target](given), number(given)];
  return [
    `# The voice webhook of ${module.name}${agent === undefined ? '' : ` for ${agent}`}`,
    '',
    `Written by \`hookswitch export\` ${version}: \`${fileOf(given)}\`, ${Math.ceil(bytes / 1000)} kB, which imports no package. It checks the`,
    `carrier's signature, asks \`${settings['HOOKSWITCH_START_URL']}\` for a session, and joins the call to`,
    `it. Without one within 7.5 s, the caller gets: ${fallback(given)}. Settings stand at the top of the file; a variable`,
    'of the same name goes before a setting.',
    '',
    ...steps.flatMap(({ title, text }, index) => [`## ${index + 1}. ${title}`, '', ...text, '']),
    '## When it does not work',
    '',
    'The platform\'s log has one line for each webhook. "refused with 403" names the URL that the signature was checked',
    `against: it must be, letter for letter, the one in the carrier's console. If it is not, set \`PUBLIC_URL\` to the part`,
    'before the path. "hears the fallback" says what `/start` answered.',
    '',
  ].join('\n');
}

interface Step {
  readonly title: string;
  readonly text: readonly string[];
}

function keys(given: Export): Step {
  return {
    title: 'Keys',
    text: [
      '```sh',
      'cp .env.example .env    # then fill it in',
      '```',
      '',
      '| variable | value |',
      '| --- | --- |',
      ...variablesOf(given).map(({ name, from }) => `| \`${name}\` | ${from} |`),
    ],
  };
}

/** Steps two to four. */
const ways: Readonly<Record<Target, (given: Export) => readonly Step[]>> = {
  'twilio-function': (given) => {
    const stem = stemOf(given);
    const { name } = given.module;
    const account = name === 'twilio' ? 'TWILIO_ACCOUNT_SID=$ACCOUNT_SID TWILIO_AUTH_TOKEN=$AUTH_TOKEN ' : '';
    return [
      { title: 'Tools', text: sh('npm install    # Node 20 or 22') },
      {
        title: 'Try it here',
        text: [
          ...sh(
            '(cat .env; echo PUBLIC_URL=http://localhost:3000) > .env.local',
            'npx twilio-run start --env .env.local',
          ),
          '',
          'and in another terminal, with `hookswitch` at hand:',
          '',
          ...sh(
            'set -a; . ./.env.local; set +a',
            `${account}npx hookswitch call ${name} --webhook http://localhost:3000/${stem}`,
          ),
        ],
      },
      {
        title: 'Deploy',
        text: [
          ...sh('npm run deploy    # with the account and the token in .env'),
          '',
          `It prints the address, \`https://….twil.io/${stem}\`. The other values of \`.env\` go along as the Function's variables;`,
          name === 'twilio'
            ? '`ACCOUNT_SID` and `AUTH_TOKEN` are the platform\'s own ("Add my Twilio Credentials" stays ticked).'
            : 'deploying needs `ACCOUNT_SID` and `AUTH_TOKEN` of Twilio in `.env` besides.',
        ],
      },
    ];
  },
  lambda: (given) => {
    const stem = stemOf(given);
    const name = `hookswitch-${stem}`;
    return [
      {
        title: 'A role and a package',
        text: sh(
          `aws iam create-role --role-name ${name} --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'`,
          `aws iam attach-role-policy --role-name ${name} --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`,
          `zip function.zip ${fileOf(given)}`,
          `node -p "JSON.stringify({ Variables: require('util').parseEnv(fs.readFileSync('.env', 'utf8')) })" > environment.json`,
        ),
      },
      {
        title: 'Deploy',
        text: [
          ...sh(
            `aws lambda create-function --function-name ${name} --runtime nodejs22.x --handler ${stem}.handler \\`,
            '  --timeout 10 --memory-size 256 --zip-file fileb://function.zip --environment file://environment.json \\',
            `  --role "$(aws iam get-role --role-name ${name} --query Role.Arn --output text)"`,
          ),
          '',
          'The timeout counts: the default of 3 s would end a slow start before the caller has heard the fallback.',
        ],
      },
      {
        title: 'An address',
        text: [
          ...sh(
            `aws lambda create-function-url-config --function-name ${name} --auth-type NONE`,
            `aws lambda add-permission --function-name ${name} --statement-id url --principal '*' \\`,
            '  --action lambda:InvokeFunctionUrl --function-url-auth-type NONE',
            `aws lambda add-permission --function-name ${name} --statement-id invoke --principal '*' \\`,
            '  --action lambda:InvokeFunction --invoked-via-function-url',
          ),
          '',
          'Behind API Gateway it works as well, with payload format 2.0 or 1.0 (also REST). Behind an API mapping, set `PUBLIC_URL`',
          'to what stands before the path in the URL that the carrier asks.',
        ],
      },
    ];
  },
  fetch: (given) => {
    const file = fileOf(given);
    const name = `hookswitch-${stemOf(given)}`;
    return [
      {
        title: 'Try it here',
        text: [
          ...sh(
            `npx wrangler dev ${file} --compatibility-date 2025-05-01 --compatibility-flags nodejs_compat`,
          ),
          '',
          ...ringHere(given),
        ],
      },
      {
        title: 'Deploy',
        text: [
          'To Cloudflare Workers:',
          '',
          ...sh(
            `npx wrangler deploy ${file} --name ${name} --compatibility-date 2025-05-01 --compatibility-flags nodejs_compat`,
          ),
          '',
          'Or anywhere else that takes `export default { fetch }`, with the variables in its environment: `deno serve --allow-net',
          `--allow-env --env-file ${file}\`, \`bun ${file}\`.`,
        ],
      },
      {
        title: 'Its variables',
        text: [
          ...sh(`npx wrangler secret bulk .env --name ${name}`),
          '',
          'Where the runtime is reached under names that others choose (a `Host` header that is not checked), set `PUBLIC_URL` too.',
        ],
      },
    ];
  },
};

function ringHere({ module: { name, webhookVariables } }: Export): readonly string[] {
  // What it signs with is not among the variables then.
  if (webhookVariables)
    return [`Only ${name} itself can sign a webhook of this account: nobody can ring it here.`];
  return [
    'and in another terminal, with `hookswitch` at hand:',
    '',
    ...sh('set -a; . ./.env; set +a', `npx hookswitch call ${name} --webhook http://localhost:8787/`),
  ];
}

const consoles: Readonly<Record<string, string>> = {
  twilio:
    'Phone Numbers → Manage → Active Numbers → your number → Voice Configuration → _A call comes in_: **Webhook**',
  plivo:
    'Voice → XML → Applications → Add New Application → _Answer URL_; then Phone Numbers → your number → Application Type **XML Application** → choose it → Update',
  telnyx:
    'Voice → Programmable Voice → TeXML Applications → create: webhook; then its _Numbers_ tab → Assign numbers',
  signalwire: 'Phone Numbers → your number → Edit Settings → Handle calls using **a cXML webhook**',
  vobiz:
    'Voice → Applications → _Answer URL_, with auth credentials, or Vobiz signs nothing; then Numbers → your number → the application',
  vonage:
    'Applications → your application → Voice: _Answer URL_; then Numbers → Your numbers → link the number',
  jambonz: 'Applications → Add: _Calling webhook_; then Phone numbers → your number → _Application_',
};

function number(given: Export): Step {
  const { module, target } = given;
  const stem = stemOf(given);
  const [step, address] = {
    'twilio-function': [4, `https://….twil.io/${stem}`],
    lambda: [4, 'https://….lambda-url.….on.aws/'],
    fetch: [3, `https://hookswitch-${stem}.….workers.dev/`],
  }[target];
  return {
    title: 'The number',
    text: [
      `In the console of ${module.name}: ${consoles[module.name] ?? 'where your number says whom to ask when a call comes in (voice webhook, answer URL)'}.`,
      `The address is the one that step ${step} gave, \`${address}\`, without a query, asked with **POST**. Then ring the number.`,
    ],
  };
}

function fallback({ settings }: Export): string {
  const { HOOKSWITCH_FALLBACK: say, HOOKSWITCH_FALLBACK_PLAY: play } = settings;
  const { HOOKSWITCH_FALLBACK_DIAL: dial, HOOKSWITCH_FALLBACK_REDIRECT: redirect } = settings;
  const steps = [
    ...(say === undefined ? [] : [`"${say}"`]),
    ...(play === undefined ? [] : [`the recording at ${play}`]),
    ...(dial === undefined ? [] : [`a call to ${dial}`]),
    ...(redirect === undefined ? [] : [`the document at ${redirect}`]),
  ];
  return steps.length === 0 ? 'an apology' : steps.join(', then ');
}

function sh(...lines: readonly string[]): readonly string[] {
  return ['```sh', ...lines, '```'];
}
