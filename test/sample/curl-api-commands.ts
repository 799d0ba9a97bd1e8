import type { Example } from './curl-commands';

/** In the manner of the documentation of public APIs. Every token in them is invented. */
export const apiExamples: readonly Example[] = [
  {
    name: 'Stripe: a charge, the key as user name',
    command: String.raw`curl https://api.stripe.example/v1/charges \
  -u sk_test_InventedKey0123456789: \
  -d amount=2000 \
  -d currency=usd \
  -d source=tok_visa`,
  },
  {
    name: 'Stripe: nested fields',
    command: String.raw`curl https://api.stripe.example/v1/customers -u "sk_test_InventedKey0123456789:" \
  -d "metadata[order_id]"=6735 -d email="jenny.rosen@example.com" -H "Stripe-Version: 2024-06-20"`,
    differs: 'encoded',
    notes: ['formEncoded'],
  },
  {
    name: 'Stripe: a list with brackets in the query',
    command: String.raw`curl -G https://api.stripe.example/v1/charges -u sk_test_InventedKey0123456789: \
  -d "expand[]"="data.customer" -d limit=3`,
  },
  {
    name: 'GitHub: an issue',
    command: String.raw`curl -L \
  -X POST \
  -H "Accept: application/vnd.github+json" \
  -H "Authorization: Bearer ghp_Invented0123456789" \
  -H "X-GitHub-Api-Version: 2022-11-28" \
  https://api.github.example/repos/octo-org/octo-repo/issues \
  -d '{"title":"Found a bug","body":"I'\''m having a problem with this.","labels":["bug"]}'`,
    notes: ['jsonAsForm'],
  },
  {
    name: 'GitHub: the older token scheme',
    command: `curl -H 'Authorization: token ghp_Invented0123456789' 'https://api.github.example/user/repos?per_page=5&page=2'`,
  },
  {
    name: 'Slack: a message',
    command: String.raw`curl -X POST -H 'Content-type: application/json; charset=utf-8' \
-H 'Authorization: Bearer xoxb-invented-token' \
--data '{"channel":"C123456","text":"Hello <https://example.com|world> \u00e9"}' \
https://slack.example/api/chat.postMessage`,
  },
  {
    name: 'Slack: an incoming webhook with a payload field',
    command: String.raw`curl -X POST --data-urlencode "payload={\"channel\": \"#general\", \"text\": \"It's 50% off (today!)\"}" https://hooks.slack.example/services/T000/B000/XXXX`,
  },
  {
    name: 'Twilio: a message',
    command: String.raw`curl -X POST "https://api.twilio.example/2010-04-01/Accounts/ACinvented/Messages.json" \
--data-urlencode "Body=Hi there" \
--data-urlencode "From=+15017122661" \
--data-urlencode "To=+15558675310" \
-u "ACinvented:auth-token-invented"`,
  },
  {
    name: 'a chat completion',
    command: String.raw`curl https://api.llm.example/v1/chat/completions \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer sk-invented" \
  -d '{
    "model": "large-1",
    "messages": [
      {
        "role": "system",
        "content": "You are a helpful assistant."
      },
      {
        "role": "user",
        "content": "Say \"hi\"!\n"
      }
    ],
    "temperature": 0.70
  }'`,
  },
  {
    name: 'a key in a header of its own, and a version',
    command: String.raw`curl https://api.model.example/v1/messages \
     --header "x-api-key: invented-key" \
     --header "model-version: 2023-06-01" \
     --header "content-type: application/json" \
     --data \
'{"max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
  {
    name: 'Shopify: GraphQL',
    command: String.raw`curl -X POST \
https://your-store.example/admin/api/2024-07/graphql.json \
-H 'Content-Type: application/json' \
-H 'X-Shopify-Access-Token: shpat_invented' \
-d '{"query":"query { products(first: 3) { edges { node { id title } } } }"}'`,
  },
  {
    name: 'GraphQL with variables, laid out',
    command: String.raw`curl 'https://api.graph.example/graphql' -H 'Authorization: Bearer invented' -H 'Content-Type: application/json' --data-raw '{
  "query": "query ($id: ID!) { user(id: $id) { name } }",
  "variables": { "id": "42", "deep": { "list": [1, 2] } }
}'`,
    differs: 'blanks',
    notes: ['graphql'],
  },
  {
    name: 'SendGrid: a mail',
    command: String.raw`curl --request POST \
  --url https://api.sendgrid.example/v3/mail/send \
  --header 'Authorization: Bearer SG.invented' \
  --header 'Content-Type: application/json' \
  --data '{"personalizations": [{"to": [{"email": "a@example.com"}]}],"from": {"email": "b@example.com"},"subject": "Hello, World!","content": [{"type": "text/plain", "value": "Howdy {{name}}!"}]}'`,
  },
  {
    name: 'Mailgun: multipart with a file',
    command: String.raw`curl -s --user 'api:key-invented' \
    https://api.mailgun.example/v3/example.com/messages \
    -F from='Excited User <mailgun@example.com>' \
    -F to=you@example.com \
    -F subject='Hello' \
    -F text='Testing some Mailgun awesomeness!' \
    -F attachment=@photo.png \
    -F 'inline=@notes.txt;filename="other name.txt";type=text/x-notes; charset=utf-8'`,
    notes: ['localFile'],
  },
  {
    name: 'GitLab: a private token',
    command: `curl --request POST --header "PRIVATE-TOKEN: glpat-invented" --header "Content-Type: application/json" --data '{"name": "new_project", "path": "new_project"}' --url 'https://gitlab.example/api/v4/projects/'`,
  },
  {
    name: 'GitLab: an encoded path',
    command: `curl --header "PRIVATE-TOKEN: glpat-invented" "https://gitlab.example/api/v4/projects/13083/repository/files/app%2Fmodels%2Fkey%2Erb?ref=main"`,
  },
  {
    name: 'GitLab: a form with a file',
    command: `curl --request POST -H "Content-Type: multipart/form-data" --header "PRIVATE-TOKEN: glpat-invented" --form "file=@photo.png" --form-string "note=@not a file;type=x" "https://gitlab.example/api/v4/projects/5/uploads"`,
    notes: ['localFile'],
  },
  {
    name: 'Jira: basic, JSON in several lines',
    command: String.raw`curl --request POST \
  --url 'https://your-domain.example/rest/api/3/issue' \
  --user 'email@example.com:api:token' \
  --header 'Accept: application/json' \
  --header 'Content-Type: application/json' \
  --data '{
  "fields": { "summary": "Main order flow broken", "labels": ["bugfix","blitz_test"] }
}'`,
  },
  {
    name: 'HubSpot: a key in the query, not the last',
    command: `curl --request GET --url 'https://api.hubapi.example/crm/v3/objects/contacts?hapikey=0123-invented&limit=10&archived=false' --header 'accept: application/json'`,
    differs: 'order',
  },
  {
    name: 'Notion: a page',
    command: String.raw`curl 'https://api.notion.example/v1/pages' \
  -H 'Authorization: Bearer secret_invented' \
  -H "Content-Type: application/json" \
  -H "Notion-Version: 2022-06-28" \
  --data '{ "parent": { "database_id": "d9824bdc" }, "properties": { "Name": { "title": [ { "text": { "content": "Tuscan Kale 🥬" } } ] } } }'`,
  },
  {
    name: 'Airtable: records by formula',
    command: String.raw`curl "https://api.airtable.example/v0/appInvented/Table%201?maxRecords=3&view=Grid%20view" \
-H "Authorization: Bearer patInvented"`,
  },
  {
    name: 'Airtable: a change',
    command: String.raw`curl -v -XPATCH https://api.airtable.example/v0/appInvented/Table%201 -H "Authorization: Bearer patInvented" -H "Content-Type: application/json" --data '{"records":[{"id":"rec1","fields":{"Name":"X"}}]}'`,
  },
  {
    name: 'Discord: a webhook',
    command: String.raw`curl -i -H "Accept: application/json" -H "Content-Type:application/json" -X POST --data "{\"content\": \"Posted Via Command line\"}" https://discord.example/api/webhooks/1/invented`,
  },
  {
    name: 'Discord: a bot',
    command: `curl -H "Authorization: Bot invented.bot.token" -H "User-Agent: DiscordBot (https://example.com, 1)" https://discord.example/api/v10/gateway/bot`,
  },
  {
    name: 'Telegram: a message',
    command: `curl -s -X POST https://api.telegram.example/bot123456789:AAInventedInventedInventedInvented/sendMessage -d chat_id=42 -d text="Hello World"`,
    differs: 'encoded',
    notes: ['formEncoded', 'secretInUrl'],
  },
  {
    name: 'Elasticsearch: a search with a body on GET',
    command: String.raw`curl -X GET "localhost:9200/my-index/_search?pretty" -H 'Content-Type: application/json' -d'
{
  "query": { "match": { "user.id": "kimchy" } }
}
'`,
  },
  {
    name: 'Elasticsearch: bulk lines from a here-document',
    command: String.raw`curl -s -H "Content-Type: application/x-ndjson" -XPOST localhost:9200/_bulk --data-binary @- <<'EOS'
{ "index" : { "_index" : "test", "_id" : "1" } }
{ "field1" : "$value1" }
EOS
`,
  },
  {
    name: 'InfluxDB: line protocol',
    command: String.raw`curl --request POST \
"https://influx.example/api/v2/write?org=my-org&bucket=b%2F1&precision=ns" \
  --header "Authorization: Token invented==" \
  --header "Content-Type: text/plain; charset=utf-8" \
  --header "Accept: application/json" \
  --data-binary $'airSensors,sensor_id=TLM0201 temperature=73.97,co=0.48 1630424257000000000\nairSensors,sensor_id=TLM\u00e9 t="a b"'`,
  },
  {
    name: 'S3: a signed upload',
    command: String.raw`curl -X PUT -T notes.txt --user "AKIAINVENTED:secret-invented" --aws-sigv4 "aws:amz:eu-central-1:s3" -H "x-amz-security-token: session-invented" "https://bucket.s3.example/folder/"`,
    differs: 'signed',
    notes: ['localFile'],
  },
  {
    name: 'Azure: a subscription key',
    command: String.raw`curl -X POST "https://westeurope.example/text/analyze?api-version=2023-04-01" -H "Ocp-Apim-Subscription-Key: invented" -H "Content-Type: application/json" --data-ascii "{'not':'json'}"`,
    notes: ['jsonInvalid'],
  },
  {
    name: 'Azure: a blob',
    command: `curl -X PUT -H "x-ms-blob-type: BlockBlob" -H "Content-Type: image/png" --data-binary @photo.png "https://account.blob.example/c/photo.png?sv=2022-11-02&sig=inv%2Bented%3D"`,
    notes: ['localFile'],
  },
  {
    name: 'OpenWeather: the key last in the query',
    command: `curl 'https://api.weather.example/data/2.5/weather?q=London,uk&appid=0123456789invented'`,
  },
  {
    name: 'an address without scheme, dates and a search',
    command: `curl -G api.search.example/find --data-urlencode 'q=tom & jerry (50%)' --data-urlencode "when=2024-01-01T00:00:00+02:00" -d plain=a+b`,
    differs: 'case',
  },
];
