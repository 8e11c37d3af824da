import time

t = time.time()
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.confluent_cloud_api import ConfluentCloudApi
from datadog_api_client.v2.model.confluent_account_create_request import (
    ConfluentAccountCreateRequest,
)

print(time.time() - t)
from datadog_api_client.v2.model.confluent_account_create_request_attributes import (
    ConfluentAccountCreateRequestAttributes,
)
from datadog_api_client.v2.model.confluent_account_create_request_data import (
    ConfluentAccountCreateRequestData,
)
from datadog_api_client.v2.model.confluent_account_type import ConfluentAccountType

print(time.time() - t)
from pytest_confluent_contracts.clients import served

with served() as s:
    c = Configuration(host=s.url, enable_retry=False)
    c.api_key = {"apiKeyAuth": "a" * 10, "appKeyAuth": "b" * 10}
    with ApiClient(c) as ac:
        api = ConfluentCloudApi(ac)
        print(api.list_confluent_account())
        r = api.create_confluent_account(
            ConfluentAccountCreateRequest(
                data=ConfluentAccountCreateRequestData(
                    type=ConfluentAccountType.CONFLUENT_CLOUD_ACCOUNTS,
                    attributes=ConfluentAccountCreateRequestAttributes(
                        api_key="KEY", api_secret="SECRET-x"
                    ),
                )
            )
        )
        print(r)
        for k in s.calls:
            print(k.method, k.url, k.headers, k.body)
        print(api.list_confluent_resource(r.data.id))
