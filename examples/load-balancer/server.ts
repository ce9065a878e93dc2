// USER_POOL_ID=eu-west-1_AbCdEf123 CLIENT_ID=1example23456789
// LOAD_BALANCER_ARN=arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/my-app/0123456789abcdef
// PORT=3000 node dist/examples/load-balancer/server.js
import { userPool } from 'cognito-guard'
import { listen } from '../listen.js'
import { createApp } from './app.js'

const { USER_POOL_ID: userPoolId = '', CLIENT_ID: clientId = '' } = process.env
const { LOAD_BALANCER_ARN: loadBalancerArn = '' } = process.env
const [region] = userPoolId.split('_')
const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`

const accessToken = userPool({ userPoolId, clientId })
listen(createApp({ loadBalancerArn, issuer, clientId, accessToken }), '/', () => accessToken.keys.close?.())
