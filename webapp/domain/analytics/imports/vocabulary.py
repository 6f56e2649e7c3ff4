"""The headings of Meta, Google Ads and Yandex Direct in English and Russian, and what people write by hand.

Parted by `|`, the ones to be preferred first.
"""

from __future__ import annotations

from webapp.domain.analytics.imports.types import Target

_T = Target

NAMES: dict[Target, str] = {
    _T.DATE: """
        day | date | report date | reporting date | день | дата | число | дата показа | reporting starts | дата
        начала отчетности | start date | начало отчетности | date start | time | timestamp | datetime | period |
        день месяца
        """,
    _T.CAMPAIGN: """
        campaign | campaign name | кампания | название кампании | имя кампании | рекламная кампания | campaigns
        """,
    _T.CAMPAIGN_ID: """
        campaign id | campaign no | campaign number | id campaign | id кампании | № кампании | номер кампании |
        идентификатор кампании | ид кампании | campaignid
        """,
    _T.AD: """
        ad | ad name | объявление | название объявления | имя объявления | заголовок объявления | creative |
        creative name | креатив | headline | banner
        """,
    _T.AD_ID: """
        ad id | ad no | ad number | id объявления | № объявления | номер объявления | идентификатор объявления | ид
        объявления | creative id | banner id | adid
        """,
    _T.IMPRESSIONS: """
        impressions | impr | imps | impression | views | показы | показов | кол во показов | количество показов
        """,
    _T.CLICKS: """
        link clicks | clicks | clicks all | click | клики по ссылке | клики | кликов | клики все | переходы | кол во
        кликов | количество кликов
        """,
    _T.SPEND: """
        spend | spent | cost | costs | amount spent | total spend | total cost | ad spend | media cost | расход |
        расходы | расход всего | стоимость | расход с ндс | расход без ндс | затраты | сумма затрат | потраченная
        сумма | потрачено | cost micros | spend micros | budget spent
        """,
    _T.CONVERSIONS: """
        conversions | total conversions | total conversion | conversion | results | enquiries | leads | конверсии |
        все конверсии | all conversions | all conv | результаты | результат | лиды | заявки | достижения целей |
        целевые визиты
        """,
    _T.SALES: """
        sales | approved conversion | approved conversions | purchases | website purchases | orders | transactions |
        покупки | покупки на сайте | продажи | заказы
        """,
    _T.REVENUE: """
        revenue | conv value | conversion value | conversions value | total conversion value | purchases conversion
        value | purchase conversion value | all conv value | доход | выручка | ценность конверсии | ценность
        конверсий | ценность конверсии покупки | ценность конверсии покупок | revenue micros
        """,
    _T.CURRENCY: """
        currency | currency code | валюта | код валюты | account currency
        """,
    _T.AGE: """
        age | age range | age group | age bracket | возраст | возрастная группа
        """,
    _T.GENDER: """
        gender | sex | пол
        """,
    _T.COUNTRY: """
        country | country code | country territory | country name | страна | страна территория | country territory
        user location
        """,
    _T.REGION: """
        region | state | location | region of targeting | location of presence name | region name | регион | область
        | регион таргетинга | регион местонахождения | местоположение | город | city | metro area
        """,
    _T.DEVICE: """
        device | device type | device platform | impression device | устройство | тип устройства | платформа
        устройства | устройства
        """,
    _T.OS: """
        os | os type | operating system | mobile platform | операционная система | ос | мобильная платформа
        """,
    _T.BROWSER: """
        browser | браузер
        """,
    _T.INTEREST: """
        interest | interests | interest category | интерес | интересы | категория интересов
        """,
    _T.SITE: """
        site | website | placement url | publisher | domain | placement | площадка | название площадки | сайт |
        место размещения | плейсмент
        """,
}

#: Rates, by the key of the formula they are worked out with.
FORMULAS: dict[str, str] = {
    "ctr": """
        ctr | ctr all | link ctr | click through rate | click thru rate | ctr link click through rate | unique ctr |
        кликабельность | interaction rate | коэффициент взаимодействия | wctr | outbound ctr
        """,
    "cpc": """
        cpc | cpc all | avg cpc | average cpc | avg cost | cpc cost per link click | cost per click | cost per link
        click | ср цена клика | средняя цена клика | цена клика | ср цена за клик | ср cpc | средняя цена за клик |
        цена за клик | цена за клик по ссылке | средн цена за клик | cpc все
        """,
    "cpm": """
        cpm | avg cpm | average cpm | cpm cost per 1 000 impressions | cpm cost per 1000 impressions | cost per
        mille | ср цена тыс показов | средняя цена тыс показов | ср cpm | ср цена за тысячу показов | цена за 1 000
        показов | cpm цена за 1 000 показов | ecpm | avgcpm
        """,
    "cpa": """
        cpa | cost per result | cost per results | cost conv | cost per conversion | cost all conv | avg cpa | cost
        per lead | cost per purchase | цена цели | цена за результат | стоимость конв | цена конверсии | цена за
        конверсию | цена конв | cost per purchases | стоимость конверсии | cpo
        """,
    "cvr": """
        cvr | cr | conv rate | conversion rate | conversion % | конверсия | конверсия % | коэф конверсии |
        коэффициент конверсии | goal conversion rate
        """,
    "roas": """
        roas | purchase roas | purchase roas return on ad spend | website purchase roas | roi | goal roi |
        рентабельность | conv value cost | доля рекламных расходов | дрр
        """,
}

#: Figures we cannot add up or do not keep.
MEASURES = """
    reach | frequency | охват | частота | unique clicks | quality score | search impr share | bounce rate | bounces
    | отказы | отказы % | глубина | глубина стр | avg impression position | avg click position | avg pageviews | ср
    позиция показа | ср позиция клика | interactions | взаимодействия | engagements | video views | profit | прибыль
    | cross device conv | view through conv | budget | daily budget | campaign budget | ad set budget | бюджет |
    landing page views | post engagement | optimization score | frequency all | ср объем трафика | avg traffic
    volume | взвешенные показы | взвешенный ctr | impressions top | sessions | сеансы | визиты
    """

#: Settings that are no figures.
SETTINGS = """
    campaign status | campaign state | ad status | ad state | status | status reasons | campaign delivery | ad
    delivery | delivery | delivery status | delivery level | attribution setting | result indicator | result type |
    тип результата | reporting ends | дата окончания отчетности | окончание отчетности | end date | date stop |
    конец отчетности | статус кампании | состояние кампании | статус объявления | статус | показ кампании | параметр
    атрибуции | настройка атрибуции | ends | starts | budget name | budget type | ad set budget type | campaign type
    | тип кампании | bid strategy | bid strategy type | стратегия назначения ставок | тип стратегии назначения
    ставок | bid type | last significant edit | account name | account id | customer id | название аккаунта | final
    url | ad final url | creative url | image | link
    """
