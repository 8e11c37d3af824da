// Leads Datadog's TypeScript client through its operations: node datadog.js NODE_MODULES HOST; prints what came.
const [modules, host] = process.argv.slice(2);
const { client, v2 } = require(`${modules}/@datadog/datadog-api-client`);

const configuration = client.createConfiguration({
  serverIndex: 1,
  authMethods: { apiKeyAuth: "an api key", appKeyAuth: "an application key" },
  enableRetry: true,
});
configuration.setServerVariables({ protocol: "http", name: host });
const api = new v2.ConfluentCloudApi(configuration);
const quiet = client.createConfiguration({
  serverIndex: 1,
  authMethods: { apiKeyAuth: "an api key", appKeyAuth: "an application key" },
});
quiet.setServerVariables({ protocol: "http", name: host });
const once = new v2.ConfluentCloudApi(quiet);

const code = async (sent) => sent.then(() => 200, (error) => error.code);
const account = { type: "confluent-cloud-accounts", attributes: { apiKey: "KEY", apiSecret: "a secret", tags: ["a"] } };
const resource = { type: "confluent-cloud-resources", id: "lkc-1", attributes: { resourceType: "kafka", tags: ["a", "b:c"] } };

(async () => {
  const came = {};
  came.accounts = (await api.listConfluentAccount()).data.length;
  const made = await api.createConfluentAccount({ body: { data: account } });
  const accountId = made.data.id;
  came.read = (await api.getConfluentAccount({ accountId })).data.attributes.apiKey;
  const changed = { type: account.type, attributes: { ...account.attributes, tags: ["new"] } };
  came.updated = (await api.updateConfluentAccount({ accountId, body: { data: changed } })).data.attributes.tags;
  came.resources = (await api.listConfluentResource({ accountId })).data.length;
  await api.createConfluentResource({ accountId, body: { data: resource } });
  const resourceId = resource.id;
  came.resource = (await api.getConfluentResource({ accountId, resourceId })).data.attributes.resourceType;
  const metrics = { ...resource, attributes: { resourceType: "kafka", enableCustomMetrics: true } };
  const body = { data: metrics };
  came.metrics = (await api.updateConfluentResource({ accountId, resourceId, body })).data.attributes.enableCustomMetrics;
  await api.deleteConfluentResource({ accountId, resourceId });
  await api.deleteConfluentAccount({ accountId });
  came.codes = [
    await code(once.getConfluentAccount({ accountId })),
    await code(once.listConfluentAccount()),
    await code(once.listConfluentAccount()),
    await code(once.listConfluentAccount()),
  ];
  came.retried = (await api.listConfluentAccount()).data.length;
  console.log(JSON.stringify(came));
})().catch((error) => { console.error(error); process.exit(1); });
